//! Tests of [`request`](crate::data::request): names, folders and the cache.

use crate::data::error::DataError;
use crate::data::request::{Options, Published, Request};
use std::ffi::OsStr;
use std::path::Path;

#[test]
fn names_are_names_and_everything_else_is_a_folder() {
    for (text, request) in [
        ("auto", Request::Auto),
        ("mnist", Request::MNIST),
        ("fashion", Request::Published(Published::Fashion)),
        ("kmnist", Request::Published(Published::Kmnist)),
        ("builtin", Request::Builtin),
        ("MNIST", Request::Folder("MNIST".into())),
        ("./mnist", Request::Folder("./mnist".into())),
        ("/some where", Request::Folder("/some where".into())),
    ] {
        assert_eq!(Request::new(text).unwrap(), request);
    }
    assert!(matches!(Request::new(""), Err(DataError::EmptyRequest)));
}

#[cfg(unix)]
#[test]
fn folders_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let name = OsStr::from_bytes(b"\xff\xfe");
    assert_eq!(Request::new(name).unwrap(), Request::Folder(name.into()));
}

#[test]
fn keys_read_back_and_others_are_refused() {
    for set in Published::ALL {
        assert_eq!(set.key().parse::<Published>().unwrap(), set);
    }
    let message = "MNIST!".parse::<Published>().unwrap_err().to_string();
    assert!(message.contains("\"MNIST!\"") && message.contains("kmnist"), "{message}");
}

#[test]
fn the_cache_has_a_folder_per_set() {
    let options = Options { cache: Some("/c".into()), ..Options::default() };
    let folder = options.cache_folder(Published::Kmnist).unwrap();
    assert_eq!(folder, Path::new("/c").join("kmnist"));
}

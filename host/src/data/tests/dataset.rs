//! Tests of [`dataset`](crate::data::dataset): names, sources and fingerprints.

use crate::data::dataset::{Dataset, Origin};
use crate::data::description::Description;
use crate::data::error::DataError;
use crate::data::request::Published;
use crate::data::split::Split;
use std::path::Path;
use tinyevo_core::shape::Shape;

const SHAPE: Shape = Shape { height: 2, width: 3, channels: 1 };

fn split(values: &[u8]) -> Split {
    let images = values.iter().flat_map(|value| [*value; 6]).collect();
    Split::new(SHAPE, 10, images, values.to_vec()).unwrap()
}

fn tiny(published: Option<Published>, origin: Origin) -> Dataset {
    let (train, validation, test) = (split(&[1, 2, 3]), split(&[]), split(&[4]));
    let (description, division) = (Description::default(), None);
    let name = "MNIST".into();
    let columns = None;
    Dataset { name, published, origin, train, validation, test, description, division, columns }
}

#[test]
fn reports_say_what_it_is_and_where_from() {
    for origin in [Origin::Folder("DIR".into()), Origin::DataDir("DIR".into())] {
        assert_eq!(tiny(None, origin).to_string(), "MNIST from DIR");
    }
    let drawn = tiny(None, Origin::Builtin(64));
    let drawn = Dataset { name: "built-in digits".into(), ..drawn };
    assert_eq!(drawn.to_string(), "built-in digits (drawn by tinyevo, seed 64; not MNIST)");
    assert_eq!(drawn.short_name(), "built-in digits, not MNIST");
}

#[test]
fn a_source_names_the_data_and_not_the_way_it_was_found() {
    let source = |published, origin| tiny(published, origin).resolved_source().unwrap();
    let (mnist, fashion) = (Some(Published::Mnist), Some(Published::Fashion));
    assert_eq!(source(None, Origin::Builtin(3)), "builtin");
    assert_eq!(source(mnist, Origin::Cache("C".into())), "mnist");
    assert_eq!(source(fashion, Origin::Cache("C".into())), "fashion");
    assert_eq!(source(mnist, Origin::DataDir("DIR".into())), "mnist");
    // These stood in for MNIST and are not MNIST.
    let absolute = std::env::current_dir().unwrap().join("DIR").to_str().unwrap().to_owned();
    assert_eq!(source(None, Origin::DataDir("DIR".into())), absolute);
    // Whoever names a folder means it, whatever is in it.
    for published in [None, mnist] {
        assert_eq!(source(published, Origin::Folder("DIR".into())), absolute);
        assert_eq!(source(published, Origin::Folder("/a/b".into())), "/a/b");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_not_utf8_is_an_error_and_a_link_to_it_is_none() {
    use std::os::unix::ffi::OsStrExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(std::ffi::OsStr::from_bytes(b"nu\xff"));
    let error = tiny(None, Origin::Folder(folder.clone())).resolved_source().unwrap_err();
    assert!(matches!(&error, DataError::NotUtf8(path) if *path == folder), "{error}");
    let link = parent.path().join("link");
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    let source = tiny(None, Origin::Folder(link.clone())).resolved_source().unwrap();
    assert_eq!(Path::new(&source), link);
}

#[test]
fn the_fingerprint_sees_the_data_and_nothing_else() {
    let data = tiny(None, Origin::Folder("DIR".into()));
    // Python: n = lambda n: n.to_bytes(8, "little"); b = bytes
    // h = n(2) + n(3) + n(1) + n(10) + n(3) + b([1]*6 + [2]*6 + [3]*6) + b([1, 2, 3]) + n(1) + b([4]*7)
    // hashlib.sha256(h).hexdigest()
    assert_eq!(
        data.fingerprint(),
        "d60e80d71d577ddbd2b964be3a5d65630fc980f27172edbe84838e0d3217be53"
    );
    let elsewhere = tiny(Some(Published::Mnist), Origin::Cache("OTHER".into()));
    assert_eq!(data.fingerprint(), elsewhere.fingerprint());

    let changes: [fn(&mut Dataset); 7] = [
        |data| data.test.labels[0] = 3,
        |data| data.train.labels[2] = 9,
        |data| data.test.images[5] = 0,
        |data| data.train.images[0] = 0,
        |data| data.test.classes = 11,
        |data| data.test.shape = Shape { height: 3, width: 2, channels: 1 },
        |data| data.train = data.train.split_off(9),
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut other = data.clone();
        change(&mut other);
        assert_ne!(data.fingerprint(), other.fingerprint(), "change {index}");
    }
}

#[test]
fn holding_out_for_validation_keeps_the_fingerprint() {
    let data = tiny(None, Origin::Folder("DIR".into()));
    for left in 1..3 {
        let mut held = data.clone();
        held.validation = held.train.split_off(left);
        assert_eq!(held.validation.len(), 3 - left);
        assert_eq!(held.fingerprint(), data.fingerprint());
    }
}

use super::*;
use crate::champion::tests::{integers, odd, packed};

#[test]
fn every_format_has_a_name_that_reads_back() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
    }
    assert!("java".parse::<Format>().unwrap_err().to_string().contains("safetensors"));
}

#[test]
fn what_is_read_back_is_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("champion");
    for (champion, format) in [
        (odd(), Format::Safetensors),
        (odd(), Format::Tev),
        (integers(), Format::Tev),
        (packed(), Format::Tev),
    ] {
        crate::write::whole(&path, &encode(&champion, format, None).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), champion);
    }
    for champion in [integers(), packed()] {
        let error = encode(&champion, Format::Safetensors, None).unwrap_err().to_string();
        assert!(error.contains("it holds integers"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_refused_at_its_start() {
    for path in ["/dev/zero", "/dev/urandom"] {
        let error = read(Path::new(path)).unwrap_err();
        assert!(matches!(error, Error::Champion { source: ParseError::Neither, .. }), "{error}");
    }
}

#[test]
fn a_file_that_grows_is_read_up_to_a_limit() {
    let bytes = encode(&odd(), Format::Tev, None).unwrap();
    let length = bytes.len() as u64;
    assert_eq!(bytes_of(&bytes[..], length).unwrap().unwrap(), bytes);
    assert!(matches!(bytes_of(&bytes[..], length - 1).unwrap(), Err(ParseError::TooLong(_))));
    let endless = bytes.chain(io::repeat(0));
    assert!(matches!(bytes_of(endless, 100_000).unwrap(), Err(ParseError::TooLong(_))));
}

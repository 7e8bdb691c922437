use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_file_is_replaced_whole_and_nothing_else_is_left() {
    let folder = folder();
    let path = folder.path().join("champion.tev");
    whole(&path, b"first").unwrap();
    whole(&path, b"2").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"2");
    assert_eq!(names(folder.path()), ["champion.tev"]);
}

#[test]
fn what_could_not_be_made_leaves_what_was_there() {
    let folder = folder();
    let path = folder.path().join("champion.tev");
    whole(&path, b"first").unwrap();
    let half = |file: &mut dyn Write| {
        file.write_all(b"half")?;
        Err(io::Error::other("the disk is full"))
    };
    let error = with(&path, Existing::Replace, half).unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"first");
    assert_eq!(names(folder.path()), ["champion.tev"]);
}

#[test]
fn a_file_that_is_to_be_kept_is_kept() {
    let folder = folder();
    let path = folder.path().join("champion.tev");
    let write =
        |bytes: &'static [u8]| with(&path, Existing::Keep, move |file| file.write_all(bytes));
    check(&path, Existing::Keep, &[]).unwrap();
    write(b"first").unwrap();
    assert!(matches!(write(b"second"), Err(Error::Exists { .. })));
    assert!(matches!(check(&path, Existing::Keep, &[]), Err(Error::Exists { .. })));
    check(&path, Existing::Replace, &[]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first");
    // A file that comes between the check and the writing is kept too.
    let other = folder.path().join("other");
    let comes = |file: &mut dyn Write| {
        fs::write(&other, "mine")?;
        file.write_all(b"second")
    };
    assert!(matches!(with(&other, Existing::Keep, comes), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&other).unwrap(), b"mine");
}

#[test]
fn names_that_are_long_or_none() {
    let folder = folder();
    let long = folder.path().join("n".repeat(255));
    whole(&long, b"bytes").unwrap();
    assert_eq!(fs::read(&long).unwrap(), b"bytes");
    for none in ["", "..", "new/", "a/.."] {
        let path = if none.is_empty() { PathBuf::new() } else { folder.path().join(none) };
        assert!(whole(&path, b"bytes").is_err(), "{none}");
    }
    let error = whole(folder.path(), b"bytes").unwrap_err().to_string();
    assert!(error.contains("directory"), "{error}");
    assert!(whole(&folder.path().join("no/such/folder"), b"bytes").is_err());
    assert_eq!(names(folder.path()).len(), 1);
}

#[test]
fn temporary_files_of_a_killed_process_are_removed() {
    let folder = folder();
    let mut killed = tempfile::Builder::new();
    let killed = killed
        .prefix(TEMPORARY.0)
        .suffix(TEMPORARY.1)
        .tempfile_in(folder.path())
        .unwrap()
        .keep()
        .unwrap()
        .1;
    assert!(is_temporary(killed.file_name().unwrap()));
    whole(&folder.path().join("champion.tev"), b"bytes").unwrap();
    fs::write(folder.path().join(".tinyevo-notes"), "").unwrap();
    remove_temporary(folder.path()).unwrap();
    let mut left = names(folder.path());
    left.sort();
    assert_eq!(left, [".tinyevo-notes", "champion.tev"]);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::io::Read;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_new_file_has_the_permissions_of_every_new_file() {
        let folder = folder();
        let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
        whole(&ours, b"").unwrap();
        fs::write(&theirs, b"").unwrap();
        assert_eq!(mode(&ours), mode(&theirs));
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_permissions() {
        let folder = folder();
        let path = folder.path().join("file");
        for permissions in [0o600, 0o640, 0o666] {
            fs::write(&path, b"").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(permissions)).unwrap();
            whole(&path, b"new").unwrap();
            assert_eq!(mode(&path), permissions);
        }
    }

    #[test]
    fn links_are_followed_and_stay() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("board")).unwrap();
        fs::write(path("board/old"), "old").unwrap();
        symlink("board/old", path("relative")).unwrap();
        symlink(path("relative"), path("absolute")).unwrap();
        symlink("board/new", path("dangling")).unwrap();
        symlink("circle", path("circle")).unwrap();
        for (link, target) in [("relative", "old"), ("absolute", "old"), ("dangling", "new")] {
            whole(&path(link), link.as_bytes()).unwrap();
            assert!(path(link).is_symlink());
            assert_eq!(fs::read_to_string(path("board").join(target)).unwrap(), link);
        }
        assert!(!path("board/old").is_symlink());
        let error = whole(&path("circle"), b"").unwrap_err().to_string();
        assert!(error.contains("links"), "{error}");
    }

    #[test]
    fn an_input_is_never_written_to_by_whatever_name() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("input"), "floats").unwrap();
        symlink("input", path("link")).unwrap();
        fs::hard_link(path("input"), path("hard")).unwrap();
        for name in ["input", "link", "hard", "../input"] {
            let output = path("x").with_file_name(name);
            let output = if name == "../input" {
                folder.path().join("..").join(folder.path().file_name().unwrap()).join("input")
            } else {
                output
            };
            let refused = check(&output, Existing::Replace, &[&path("input")]);
            assert!(matches!(refused, Err(Error::OwnInput { .. })), "{name}");
        }
        check(&path("new"), Existing::Replace, &[&path("input")]).unwrap();
    }

    #[test]
    fn names_that_are_not_utf_8_are_names() {
        let folder = folder();
        let path = folder.path().join(OsStr::from_bytes(b"ch\xff.tev"));
        whole(&path, b"bytes").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"bytes");
    }

    #[test]
    fn pipes_and_devices_are_written_to_and_stay() {
        let folder = folder();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        with(&pipe, Existing::Keep, |file| file.write_all(b"through a pipe")).unwrap();
        assert_eq!(reader.join().unwrap(), b"through a pipe");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        whole(Path::new("/dev/null"), b"nothing").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_file_goes_on_where_it_ends() {
        use std::os::fd::AsRawFd;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"before ").unwrap();
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        with(Path::new(&path), Existing::Keep, |file| file.write_all(b"and after")).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "before and after");
    }
}

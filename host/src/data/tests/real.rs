//! Tests with the real MNIST, where it is at hand.

use super::load::World;
use super::support::{Reply, Server, gzip};
use crate::data::dataset::hex;
use crate::data::fetch::catalog::{self, Checksum};
use crate::data::fetch::download::Client;
use crate::data::load::{Search, load};
use crate::data::mnist::FILES;
use crate::data::{Options, Origin, Published, Request, Silent, Wanted};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// The folder with the real MNIST that `TINYEVO_DATA` names. Without it the test says loudly that it is skipped;
/// in continuous integration that is a failure.
fn real_mnist() -> Option<PathBuf> {
    let folder = std::env::var_os("TINYEVO_DATA").map(PathBuf::from);
    if folder.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI is set, so TINYEVO_DATA must name a folder with the four files of MNIST"
        );
        // Not eprintln!, which the test runner would swallow.
        let _ = writeln!(
            std::io::stderr(),
            "\n*** SKIPPED: a test of the real MNIST. Set TINYEVO_DATA to a folder with its four files. ***\n"
        );
    }
    folder
}

#[test]
fn the_real_mnist_has_the_published_checksums_and_classes() {
    let Some(folder) = real_mnist() else { return };
    let options = Options { data_dir: Some(folder.clone()), ..Options::default() };
    let data = load(&Request::MNIST, &options, &Silent).unwrap();
    assert_eq!(data.name, "MNIST");
    let values = [&data.train.images, &data.train.labels, &data.test.images, &data.test.labels];
    let published = catalog::entry(Published::Mnist).files;
    // Read by the crate `mnist` or by our own reader, as the folder has it.
    for (remote, values) in published.iter().zip(values) {
        let file = [&remote.file.header.encode(), values.as_slice()].concat();
        let Checksum::Unpacked(sum) = &remote.checksum else {
            panic!("MNIST's checksums are of the files");
        };
        assert_eq!(hex(Sha256::new().chain_update(file)), *sum, "{}", remote.file.name);
    }
    // Counted with NumPy: numpy.bincount(labels).
    assert_eq!(
        data.train.class_counts(),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(data.test.class_counts(), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert_eq!(data.to_string(), format!("MNIST from {}", folder.display()));
    assert_eq!(data.resolved_source().unwrap(), "mnist");
}

#[test]
fn the_real_mnist_comes_through_a_mirror_into_the_cache() {
    let Some(real) = real_mnist() else { return };
    let archives = FILES.map(|file| {
        let archive = fs::read(real.join(format!("{}.gz", file.name)));
        let archive = archive.or_else(|_| fs::read(real.join(file.name)).map(|bytes| gzip(&bytes)));
        (format!("/{}.gz", file.name), archive.unwrap())
    });
    let archives = HashMap::from(archives);
    let mut world = World::new(false);
    let server = Server::start(move |seen| Some(Reply::whole(&archives[seen])));
    world.options.mirrors = vec![server.url.clone()];
    let load = |options: &Options<'_>| {
        let client = Client::new(Duration::from_secs(30), false);
        let search = Search { catalog: &catalog::entry, client, options, progress: &Silent };
        search.load(&Request::MNIST).unwrap()
    };
    let fetched = load(&world.options);
    assert_eq!(fetched.origin, Origin::Cache(world.cache()));
    assert_eq!((fetched.train.labels[0], fetched.test.labels[0]), (5, 7));
    assert_eq!(server.seen().len(), 4);
    world.options.offline = true;
    assert!(load(&world.options) == fetched);
    // Read by the crate `mnist` above, since it is plain in the cache; by our own reader here.
    world.options.wanted = Wanted::TRAIN;
    assert!(load(&world.options).train == fetched.train);
    world.options.wanted = Wanted::TEST;
    assert!(load(&world.options).test == fetched.test);
}

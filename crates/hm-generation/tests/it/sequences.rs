//! Where a home ends up depends on the last generation alone, not on those before it.

use hm_generation::Target;

use crate::fixture::{Fixture, fast};

/// What one place can be in a generation.
const KINDS: &[&str] =
    &["", "", "a", "a=1*", "a=2*", "a=1*x", "a&&one", "a&&two", "a/b", "a/b=1*", "a/b&&one", "a/b/c a/d=1*"];

/// A generator of numbers that are as good as random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn configuration(&mut self) -> String {
        let mut text = String::new();
        for name in ["x", "d/y", ".z"] {
            let kind = KINDS[self.below(KINDS.len())];
            let words: Vec<String> =
                kind.split_whitespace().map(|word| format!("{name}{}", &word[1..])).collect();
            text = format!("{text} {}", words.join(" "));
        }
        text.trim().to_owned()
    }
}

#[test]
fn the_way_to_a_generation_leaves_no_traces() {
    for seed in 1..=150 {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let fixture = Fixture::in_memory();
        let configurations: Vec<String> = (0..4).map(|_| numbers.configuration()).collect();
        let generations: Vec<_> = configurations.iter().map(|files| fixture.generation(files)).collect();
        let mut trees = Vec::new();
        for (files, generation) in configurations.iter().zip(&generations) {
            let what = format!("seed {seed}: {configurations:?}, at {files}");
            let report = fixture.switch(generation).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(report.kept.is_empty() && report.left_alone.is_empty(), "{what}: {report:?}");
            if !report.notes.is_empty() {
                // Lines come only when the directory in their place has gone.
                fixture.switch(generation).unwrap();
            }
            let alone = Fixture::in_memory();
            for files in &configurations {
                alone.generation(files);
            }
            alone.switch(&alone.root.path().join("store").join(generation.file_name().unwrap())).unwrap();
            assert_eq!(fixture.tree(), alone.tree(), "{what}");
            trees.push(fixture.tree());
        }
        for id in [1, 3, 2, 4] {
            for _ in 0..2 {
                fixture.switch_to(Target::Id(id), &fast()).unwrap();
            }
            assert_eq!(fixture.tree(), trees[usize::try_from(id).unwrap() - 1], "seed {seed}, back to {id}");
        }
        fixture.leave().unwrap();
        assert_eq!(fixture.tree(), "", "seed {seed}");
    }
}

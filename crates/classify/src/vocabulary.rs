//! The words that any rule knows, those about poisoned definitions included: each has a number, by which tokens, automaton
//! and rules know it.

use std::collections::BTreeSet;

/// Number of a word; 0 is a word that no rule knows.
pub(crate) type WordId = u32;

/// Numbers for words: a table with open addressing, small enough to stay in the cache.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    /// For each slot a word's number, 0 where it is free.
    table: Vec<WordId>,
    /// For each word, from number 1 on, where its bytes end; number 0 has none.
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self::new(std::iter::empty())
    }
}

impl Vocabulary {
    /// Numbers words in lower case; of a phrase its words.
    pub(crate) fn new<'w>(texts: impl Iterator<Item = &'w str>) -> Self {
        let distinct: BTreeSet<&str> = texts.flat_map(|text| text.split(' ')).collect();
        let size = (distinct.len() * 4).next_power_of_two().max(16);
        let mut table = Self { table: vec![0; size], ends: vec![0], bytes: Vec::new() };
        for word in distinct {
            let slot = table.slot(word.as_bytes());
            table.table[slot] = table.ends.len() as WordId;
            table.bytes.extend_from_slice(word.as_bytes());
            table.ends.push(table.bytes.len() as u32);
        }
        table
    }

    /// How many words there are; they are numbered from 1.
    pub(crate) fn count(&self) -> usize {
        self.ends.len() - 1
    }

    /// The number of a word in lower case; 0 when it is none of these.
    pub(crate) fn find(&self, word: &[u8]) -> WordId {
        self.table[self.slot(word)]
    }

    /// The slot of a word, or the free one where it would stand.
    fn slot(&self, word: &[u8]) -> usize {
        // Eight bytes at a time; the table is built from trusted files, so its worst case cannot be provoked.
        let mut hash = word.len() as u64;
        for eight in word.chunks(8) {
            let mut bytes = [0; 8];
            bytes[..eight.len()].copy_from_slice(eight);
            hash = (hash.rotate_left(5) ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        let mut slot = (hash >> 32) as usize & (self.table.len() - 1);
        loop {
            let number = self.table[slot] as usize;
            if number == 0 || &self.bytes[self.ends[number - 1] as usize..self.ends[number] as usize] == word {
                return slot;
            }
            slot = (slot + 1) & (self.table.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_numbers() {
        let vocabulary = Vocabulary::new(["shut down", "shut", "deinstallation"].into_iter());
        assert_eq!(vocabulary.count(), 3);
        let numbers: BTreeSet<WordId> =
            ["shut", "down", "deinstallation", "dein"].map(|word| vocabulary.find(word.as_bytes())).into();
        assert_eq!(numbers, BTreeSet::from([0, 1, 2, 3]));
    }
}

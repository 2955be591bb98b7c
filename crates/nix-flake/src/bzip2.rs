//! Decompresses bzip2, one stream after the other.
//!
//! It is here because the crates that do it either stop after the first stream, which silently cuts off what a parallel
//! compressor wrote, or come under licences or with C code that the project does not take.

use std::io::{self, BufRead, Read};

/// Decompresses what is read from `R`.
pub(crate) struct Decoder<R> {
    bits: Bits<R>,
    /// The greatest size of a block in this stream, before runs are expanded.
    limit: usize,
    /// Links through the current block: a byte, and above it the place of the next.
    links: Vec<u32>,
    at: u32,
    left: usize,
    run: Run,
    checks: Checks,
    begun: bool,
    done: bool,
}

/// A run of equal bytes: four of them are followed by how many more there are.
#[derive(Default)]
struct Run {
    last: Option<u8>,
    length: u8,
    pending: u8,
}

/// The sums that are compared with those in the stream.
#[derive(Default)]
struct Checks {
    block: u32,
    wanted: u32,
    stream: u32,
}

const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
const MAX_LENGTH: usize = 20;
const GROUP: usize = 50;

fn bad(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bzip2: {reason}"))
}

struct Bits<R> {
    reader: R,
    buffer: u64,
    count: u32,
}

impl<R: BufRead> Bits<R> {
    fn take(&mut self, wanted: u32) -> io::Result<u32> {
        while self.count < wanted {
            let byte = *self.reader.fill_buf()?.first().ok_or(io::ErrorKind::UnexpectedEof)?;
            self.reader.consume(1);
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.count += 8;
        }
        self.count -= wanted;
        let mask = (1u64 << wanted) - 1;
        Ok((self.buffer >> self.count & mask) as u32)
    }

    fn flag(&mut self) -> io::Result<bool> {
        Ok(self.take(1)? == 1)
    }

    /// Goes to the next whole byte, and tells whether there is one.
    fn next_byte(&mut self) -> io::Result<bool> {
        self.count -= self.count % 8;
        Ok(self.count > 0 || !self.reader.fill_buf()?.is_empty())
    }
}

/// A canonical Huffman code.
struct Code {
    /// For each length the first code that is longer, and the place of the length's first symbol less its first code.
    lengths: [(i64, i64); MAX_LENGTH + 1],
    symbols: Vec<u16>,
}

impl Code {
    fn new(lengths: &[u8]) -> Code {
        let mut code = Code { lengths: [(0, 0); MAX_LENGTH + 1], symbols: Vec::with_capacity(lengths.len()) };
        let mut next = 0i64;
        for (length, entry) in code.lengths.iter_mut().enumerate().skip(1) {
            next <<= 1;
            let offset = code.symbols.len() as i64 - next;
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, found)| usize::from(**found) == length)
            {
                code.symbols.push(symbol as u16);
                next += 1;
            }
            *entry = (next, offset);
        }
        code
    }

    fn read<R: BufRead>(&self, bits: &mut Bits<R>) -> io::Result<u16> {
        let mut value = 0i64;
        for (end, offset) in self.lengths.iter().skip(1) {
            value = value << 1 | i64::from(bits.take(1)?);
            if value < *end {
                let place = usize::try_from(value + offset).ok();
                return place
                    .and_then(|place| self.symbols.get(place).copied())
                    .ok_or_else(|| bad("unknown code"));
            }
        }
        Err(bad("unknown code"))
    }
}

/// Moves the entry at `index` to the front, and gives it.
fn to_front(list: &mut [u8], index: usize) -> io::Result<u8> {
    let head = list.get_mut(..=index).ok_or_else(|| bad("a place outside of the alphabet"))?;
    head.rotate_right(1);
    head.first().copied().ok_or_else(|| bad("an empty alphabet"))
}

impl<R: BufRead> Decoder<R> {
    pub(crate) fn new(reader: R) -> Self {
        Decoder {
            bits: Bits { reader, buffer: 0, count: 0 },
            limit: 0,
            links: Vec::new(),
            at: 0,
            left: 0,
            run: Run::default(),
            checks: Checks::default(),
            begun: false,
            done: false,
        }
    }

    fn magic(&mut self) -> io::Result<u64> {
        Ok(u64::from(self.bits.take(24)?) << 24 | u64::from(self.bits.take(24)?))
    }

    fn begin_stream(&mut self) -> io::Result<()> {
        let (start, level) = (self.bits.take(24)?, self.bits.take(8)?);
        // `BZh`, and a digit.
        if start != 0x42_5a68 || !(0x31..=0x39).contains(&level) {
            return Err(bad("no stream begins here"));
        }
        self.limit = (level - 0x30) as usize * 100_000;
        self.checks = Checks::default();
        self.begun = true;
        Ok(())
    }

    /// Goes to the next block that has something in it; false at the end.
    fn next_block(&mut self) -> io::Result<bool> {
        loop {
            if !self.begun {
                self.begin_stream()?;
            }
            match self.magic()? {
                BLOCK => {
                    self.read_block()?;
                    return Ok(true);
                }
                END => {
                    if self.bits.take(32)? != self.checks.stream {
                        return Err(bad("the stream has another checksum"));
                    }
                    self.begun = false;
                    if !self.bits.next_byte()? {
                        return Ok(false);
                    }
                }
                _ => return Err(bad("neither a block nor the end")),
            }
        }
    }

    fn read_block(&mut self) -> io::Result<()> {
        let wanted = self.bits.take(32)?;
        if self.bits.flag()? {
            return Err(bad("blocks of versions before 0.9.5 are not supported"));
        }
        let origin = self.bits.take(24)?;
        let mut alphabet = Vec::with_capacity(256);
        let used = self.bits.take(16)?;
        for high in (0..16u32).filter(|high| used & (0x8000 >> high) != 0) {
            let used = self.bits.take(16)?;
            alphabet.extend(
                (0..16u32).filter(|low| used & (0x8000 >> low) != 0).map(|low| (high * 16 + low) as u8),
            );
        }
        let codes = self.bits.take(3)? as usize;
        let selectors = self.bits.take(15)? as usize;
        if alphabet.is_empty() || !(2..=6).contains(&codes) || selectors == 0 {
            return Err(bad("a block without codes"));
        }
        let selectors = self.read_selectors(selectors, codes)?;
        let codes = (0..codes).map(|_| self.read_code(alphabet.len() + 2)).collect::<io::Result<Vec<_>>>()?;
        let bytes = self.read_symbols(alphabet, &selectors, &codes)?;
        self.link(&bytes, origin)?;
        self.checks.wanted = wanted;
        self.checks.block = !0;
        self.run = Run::default();
        Ok(())
    }

    fn read_selectors(&mut self, count: usize, codes: usize) -> io::Result<Vec<usize>> {
        let mut order: Vec<u8> = (0..codes as u8).collect();
        let mut selectors = Vec::with_capacity(count);
        for _ in 0..count {
            let mut index = 0;
            while self.bits.flag()? {
                index += 1;
                if index >= codes {
                    return Err(bad("an unknown code table"));
                }
            }
            selectors.push(usize::from(to_front(&mut order, index)?));
        }
        Ok(selectors)
    }

    fn read_code(&mut self, symbols: usize) -> io::Result<Code> {
        let mut length = self.bits.take(5)? as u8;
        let mut lengths = Vec::with_capacity(symbols);
        for _ in 0..symbols {
            loop {
                if length == 0 || usize::from(length) > MAX_LENGTH {
                    return Err(bad("a code that is too long"));
                }
                if !self.bits.flag()? {
                    break;
                }
                length = if self.bits.flag()? { length - 1 } else { length + 1 };
            }
            lengths.push(length);
        }
        Ok(Code::new(&lengths))
    }

    fn read_symbols(
        &mut self,
        mut order: Vec<u8>,
        selectors: &[usize],
        codes: &[Code],
    ) -> io::Result<Vec<u8>> {
        let end = order.len() + 1;
        let mut bytes: Vec<u8> = Vec::new();
        let (mut repeat, mut weight) = (0usize, 1usize);
        for selector in selectors {
            let code = codes.get(*selector).ok_or_else(|| bad("an unknown code table"))?;
            for _ in 0..GROUP {
                let symbol = usize::from(code.read(&mut self.bits)?);
                if symbol <= 1 {
                    repeat += weight << symbol;
                    weight <<= 1;
                    if repeat > self.limit {
                        return Err(bad("a block that is too large"));
                    }
                    continue;
                }
                let first = order.first().copied().unwrap_or_default();
                bytes.resize(bytes.len() + repeat, first);
                (repeat, weight) = (0, 1);
                if bytes.len() > self.limit {
                    return Err(bad("a block that is too large"));
                }
                if symbol == end {
                    return Ok(bytes);
                }
                bytes.push(to_front(&mut order, symbol - 1)?);
            }
        }
        Err(bad("a block without an end"))
    }

    /// Turns the sorted block around: each place leads to the byte that comes next.
    fn link(&mut self, bytes: &[u8], origin: u32) -> io::Result<()> {
        let mut starts = [0u32; 256];
        for byte in bytes {
            if let Some(count) = starts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            (*start, sum) = (sum, sum + *start);
        }
        self.links.clear();
        self.links.extend(bytes.iter().map(|byte| u32::from(*byte)));
        for (index, byte) in bytes.iter().enumerate() {
            let Some(start) = starts.get_mut(usize::from(*byte)) else { continue };
            if let Some(link) = self.links.get_mut(*start as usize) {
                *link |= (index as u32) << 8;
            }
            *start += 1;
        }
        let first = self.links.get(origin as usize).ok_or_else(|| bad("a block that begins nowhere"))?;
        self.at = first >> 8;
        self.left = bytes.len();
        Ok(())
    }

    /// The next byte of the block, runs not expanded.
    fn step(&mut self) -> io::Result<u8> {
        let link =
            self.links.get(self.at as usize).copied().ok_or_else(|| bad("a block that leads nowhere"))?;
        self.at = link >> 8;
        self.left -= 1;
        Ok(link as u8)
    }

    /// The next byte of the contents; nothing at the end of the block.
    fn next(&mut self) -> io::Result<Option<u8>> {
        loop {
            if self.run.pending > 0 {
                self.run.pending -= 1;
                return Ok(self.run.last);
            }
            if self.left == 0 {
                return Ok(None);
            }
            let byte = self.step()?;
            if self.run.length == 4 {
                self.run.length = 0;
                self.run.pending = byte;
                continue;
            }
            self.run.length =
                if self.run.last == Some(byte) && self.run.length > 0 { self.run.length + 1 } else { 1 };
            self.run.last = Some(byte);
            return Ok(Some(byte));
        }
    }

    fn end_block(&mut self) -> io::Result<()> {
        let found = !self.checks.block;
        if self.links.is_empty() {
            return Ok(());
        }
        if found != self.checks.wanted {
            return Err(bad("a block has another checksum"));
        }
        self.checks.stream = self.checks.stream.rotate_left(1) ^ found;
        self.links.clear();
        Ok(())
    }
}

/// The checksum of bzip2: CRC-32 with the highest bit first.
static SUMS: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = (index as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 != 0 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 };
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
};

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() && !self.done {
            match self.next()? {
                Some(byte) => {
                    let sum = self.checks.block;
                    let index = (sum >> 24) as u8 ^ byte;
                    self.checks.block = sum << 8 ^ SUMS.get(usize::from(index)).copied().unwrap_or_default();
                    if let Some(place) = buffer.get_mut(filled) {
                        *place = byte;
                    }
                    filled += 1;
                }
                None => {
                    self.end_block()?;
                    self.done = !self.next_block()?;
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'hello\n' | bzip2`.
    const HELLO: &[u8] = &[
        66, 90, 104, 57, 49, 65, 89, 38, 83, 89, 193, 192, 128, 226, 0, 0, 1, 65, 0, 0, 16, 2, 68, 160, 0,
        48, 205, 0, 195, 70, 41, 151, 23, 114, 69, 56, 80, 144, 193, 192, 128, 226,
    ];
    /// `head -c 300000 /dev/zero | bzip2`.
    const ZEROS: &[u8] = &[
        66, 90, 104, 57, 49, 65, 89, 38, 83, 89, 223, 71, 77, 111, 0, 2, 76, 64, 128, 192, 0, 4, 0, 0, 8, 32,
        0, 48, 204, 5, 41, 166, 20, 70, 196, 81, 30, 46, 228, 138, 112, 161, 33, 190, 142, 154, 222,
    ];

    fn check(compressed: &[u8], expected: Result<&[u8], &str>) {
        let mut found = Vec::new();
        let result = Decoder::new(compressed).read_to_end(&mut found);
        match expected {
            Ok(bytes) => {
                result.unwrap();
                assert_eq!(found, bytes);
            }
            Err(text) => assert!(result.unwrap_err().to_string().contains(text), "{text}"),
        }
    }

    #[test]
    fn streams() {
        check(HELLO, Ok(b"hello\n"));
        check(ZEROS, Ok(&[0; 300_000]));
        check(&[HELLO, HELLO].concat(), Ok(b"hello\nhello\n"));
        check(&[HELLO, ZEROS].concat(), Ok(&[b"hello\n".as_slice(), &[0; 300_000]].concat()));
    }

    #[test]
    fn streams_that_are_none() {
        for length in 0..HELLO.len() {
            check(&HELLO[..length], Err("unexpected end of file"));
        }
        check(b"BZx9", Err("no stream begins here"));
        check(&[HELLO, b"trailing"].concat(), Err("no stream begins here"));
        // Whatever is changed, there is an error, or what is changed does not matter; nothing crashes.
        let mut different = 0;
        for place in 0..HELLO.len() * 8 {
            let mut changed = HELLO.to_vec();
            changed[place / 8] ^= 1 << (place % 8);
            let mut found = Vec::new();
            match Decoder::new(changed.as_slice()).read_to_end(&mut found) {
                Ok(_) => assert_eq!(found, b"hello\n", "bit {place}"),
                Err(_) => different += 1,
            }
        }
        assert!(different > HELLO.len() * 7);
    }
}

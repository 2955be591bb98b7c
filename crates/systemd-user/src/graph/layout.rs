//! Where nodes and edges go: layers from left to right, so that what a unit needs stands to its right.
//!
//! The way is Sugiyama's. Edges that close a circle are turned round, each node is put as far right as its longest way
//! from the left demands, long edges get a bend in each layer that they cross, each layer is sorted by where its
//! neighbours are, and at last nodes move as close to the height of their neighbours as the order allows.
//!
//! Positions follow from the order of the nodes alone, so that the same units always give the same picture.

use std::collections::{BTreeMap, BTreeSet};

/// The height of a node.
pub(super) const NODE_HEIGHT: f64 = 26.0;
/// From the middle of a node to that of the next one below it.
const NODE_STEP: f64 = 40.0;
/// The same between a node and the bend of an edge.
const NODE_BEND_STEP: f64 = 26.0;
/// The same between two bends.
const BEND_STEP: f64 = 12.0;
/// Between the layers.
const LAYER_GAP: f64 = 90.0;
/// Between the columns of nodes that no edge touches.
const COLUMN_GAP: f64 = 24.0;
/// How wide the picture is at least before such nodes begin a new row.
const ROW_WIDTH: f64 = 900.0;
/// How often the layers are sorted, and how often the heights are settled.
const SWEEPS: usize = 8;
/// As many bends as a picture bears. The longest edges beyond go straight.
const MAX_BENDS: usize = 20_000;

/// A point.
pub(super) type Point = (f64, f64);

/// Where everything is.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The middle of the left side of each node.
    pub(super) nodes: Vec<Point>,
    /// The points of each edge, from the side of its first node to that of its second.
    pub(super) paths: BTreeMap<(usize, usize), Vec<Point>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A node or a bend, by number: nodes come first.
type Item = usize;

/// Lays out nodes of these widths.
pub(super) fn layout(widths: &[f64], edges: &BTreeSet<(usize, usize)>) -> Layout {
    let touched: BTreeSet<usize> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let mut layout = Layout { nodes: vec![(0.0, 0.0); widths.len()], ..Layout::default() };
    let mut layers = Layers::new(widths, edges, &touched);
    layers.sort();
    layers.place(&mut layout, edges);
    place_apart(&mut layout, widths, &touched);
    layout
}

/// Puts the nodes without edges below the others, row by row.
fn place_apart(layout: &mut Layout, widths: &[f64], touched: &BTreeSet<usize>) {
    let apart: Vec<usize> = (0..widths.len()).filter(|node| !touched.contains(node)).collect();
    let widest =
        apart.iter().filter_map(|node| widths.get(*node)).fold(0.0_f64, |most, width| most.max(*width));
    if apart.is_empty() {
        return;
    }
    let step = widest + COLUMN_GAP;
    let top = if layout.height > 0.0 { layout.height + NODE_STEP - NODE_HEIGHT } else { 0.0 };
    let (mut x, mut y) = (0.0, top + NODE_HEIGHT / 2.0);
    let row = layout.width.max(ROW_WIDTH);
    for node in apart {
        if x > 0.0 && x + widest > row {
            (x, y) = (0.0, y + NODE_STEP);
        }
        if let Some(place) = layout.nodes.get_mut(node) {
            *place = (x, y);
        }
        layout.width = layout.width.max(x + widest);
        x += step;
    }
    layout.height = y + NODE_HEIGHT / 2.0;
}

/// The nodes that edges touch, in layers.
struct Layers<'a> {
    widths: &'a [f64],
    /// Items from top to bottom.
    layers: Vec<Vec<Item>>,
    /// What each item is joined to in the layer before, and in the one behind.
    left: Vec<Vec<Item>>,
    right: Vec<Vec<Item>>,
    /// The items that each edge goes through, from left to right; edges that were turned round by their new direction.
    chains: BTreeMap<(usize, usize), Vec<Item>>,
}

impl<'a> Layers<'a> {
    fn new(widths: &'a [f64], edges: &BTreeSet<(usize, usize)>, touched: &BTreeSet<usize>) -> Self {
        let (forward, order) = without_circles(widths.len(), edges, touched);
        let layer_of = assign(widths.len(), &forward, &order);
        let layer = |node: usize| layer_of.get(node).copied().unwrap_or(0);
        let depth = touched.iter().map(|node| layer(*node) + 1).max().unwrap_or(0);
        let mut layers = vec![Vec::new(); depth];
        for node in touched {
            if let Some(items) = layers.get_mut(layer(*node)) {
                items.push(*node);
            }
        }
        // Short edges first: where not all can have bends, the shorter ones are easier followed with them.
        let mut by_length: Vec<(usize, usize)> = forward.iter().copied().collect();
        by_length.sort_by_key(|(from, to)| layer(*to) - layer(*from));
        let mut chains = BTreeMap::new();
        let (mut next, mut bends) = (widths.len(), 0);
        for (from, to) in by_length {
            let mut chain = vec![from];
            let crossed = layer(from) + 1..layer(to);
            if bends + crossed.len() <= MAX_BENDS {
                bends += crossed.len();
                for items in layers.get_mut(crossed).into_iter().flatten() {
                    items.push(next);
                    chain.push(next);
                    next += 1;
                }
            }
            chain.push(to);
            chains.insert((from, to), chain);
        }
        let (mut left, mut right) = (vec![Vec::new(); next], vec![Vec::new(); next]);
        for chain in chains.values() {
            for (one, other) in chain.iter().zip(chain.iter().skip(1)) {
                if let Some(joined) = right.get_mut(*one) {
                    joined.push(*other);
                }
                if let Some(joined) = left.get_mut(*other) {
                    joined.push(*one);
                }
            }
        }
        Self { widths, layers, left, right, chains }
    }

    /// Sorts each layer by the middle of what its items are joined to, forth and back.
    fn sort(&mut self) {
        let mut ranks = vec![0.0; self.left.len()];
        let rank = |ranks: &mut Vec<f64>, items: &[Item]| {
            for (position, item) in items.iter().enumerate() {
                if let Some(rank) = ranks.get_mut(*item) {
                    *rank = number(position);
                }
            }
        };
        for items in &self.layers {
            rank(&mut ranks, items);
        }
        for sweep in 0..SWEEPS {
            let forth = sweep % 2 == 0;
            let joined = if forth { &self.left } else { &self.right };
            let count = self.layers.len();
            for index in 0..count {
                let index = if forth { index } else { count - 1 - index };
                let Some(items) = self.layers.get_mut(index) else { continue };
                let mut keyed: Vec<(f64, Item)> = items
                    .iter()
                    .map(|item| {
                        let own = ranks.get(*item).copied().unwrap_or(0.0);
                        (mean(joined.get(*item), &ranks).unwrap_or(own), *item)
                    })
                    .collect();
                keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
                *items = keyed.into_iter().map(|(_, item)| item).collect();
                rank(&mut ranks, items);
            }
        }
    }

    /// Finds the coordinates.
    fn place(&self, layout: &mut Layout, edges: &BTreeSet<(usize, usize)>) {
        let mut heights = vec![0.0; self.left.len()];
        for items in &self.layers {
            settle(items, &mut heights, self.widths.len(), |_, _| None);
        }
        for sweep in 0..SWEEPS {
            let joined = if sweep % 2 == 0 { &self.left } else { &self.right };
            let layers: Box<dyn Iterator<Item = &Vec<Item>>> = if sweep % 2 == 0 {
                Box::new(self.layers.iter())
            } else {
                Box::new(self.layers.iter().rev())
            };
            for items in layers {
                settle(items, &mut heights, self.widths.len(), |item, heights| {
                    mean(joined.get(item), heights)
                });
            }
        }
        let top = heights_of(&self.layers, &heights).fold(f64::INFINITY, f64::min);
        let top = if top.is_finite() { top - NODE_HEIGHT / 2.0 } else { 0.0 };
        let width = |item: Item| self.widths.get(item).copied().unwrap_or(0.0);
        // The sides of each layer.
        let (mut x, mut sides) = (0.0, vec![(0.0, 0.0); self.left.len()]);
        for items in &self.layers {
            let widest = items.iter().map(|item| width(*item)).fold(0.0, f64::max);
            for item in items {
                if let Some(side) = sides.get_mut(*item) {
                    // A bend is as wide as its layer: the edge passes the nodes in a straight line.
                    *side = (x, x + if *item < self.widths.len() { width(*item) } else { widest });
                }
            }
            layout.width = x + widest;
            x = layout.width + LAYER_GAP;
        }
        let place = |item: Item| {
            let (left, right) = sides.get(item).copied().unwrap_or_default();
            (left, right, heights.get(item).copied().unwrap_or(0.0) - top)
        };
        for items in &self.layers {
            for item in items {
                let (left, _, y) = place(*item);
                layout.height = layout.height.max(y + NODE_HEIGHT / 2.0);
                if let Some(node) = layout.nodes.get_mut(*item) {
                    *node = (left, y);
                }
            }
        }
        for edge in edges {
            let turned = (edge.1, edge.0);
            let Some(chain) = self.chains.get(edge).or_else(|| self.chains.get(&turned)) else { continue };
            let last = chain.len().saturating_sub(1);
            let mut points: Vec<Point> = Vec::new();
            for (index, item) in chain.iter().enumerate() {
                let (left, right, y) = place(*item);
                points.extend((index > 0).then_some((left, y)));
                points.extend((index < last).then_some((right, y)));
            }
            if !self.chains.contains_key(edge) {
                points.reverse();
            }
            layout.paths.insert(*edge, points);
        }
    }
}

fn heights_of<'a>(layers: &'a [Vec<Item>], heights: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    layers.iter().flatten().filter_map(|item| heights.get(*item).copied())
}

/// The edges with those turned round that would close a circle, and the nodes in an order in which every edge goes
/// forward.
fn without_circles(
    count: usize,
    edges: &BTreeSet<(usize, usize)>,
    touched: &BTreeSet<usize>,
) -> (BTreeSet<(usize, usize)>, Vec<usize>) {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut is_target = vec![false; count];
    for (from, to) in edges {
        if let Some(targets) = targets.get_mut(*from) {
            targets.push(*to);
        }
        if let Some(is_target) = is_target.get_mut(*to) {
            *is_target = true;
        }
    }
    let mut seen = vec![Seen::No; count];
    let (mut forward, mut order) = (BTreeSet::new(), Vec::new());
    // Where a circle is entered decides which of its edges is turned: best where it is entered from outside.
    let is_target = |node: &usize| is_target.get(*node).copied().unwrap_or(false);
    let starts = touched.iter().filter(|node| !is_target(node)).chain(touched.iter());
    for start in starts {
        let mut stack = vec![(*start, 0)];
        if seen.get(*start) != Some(&Seen::No) {
            continue;
        }
        while let Some((node, next)) = stack.pop() {
            if let Some(seen) = seen.get_mut(node) {
                *seen = Seen::Open;
            }
            let Some(&target) = targets.get(node).and_then(|targets| targets.get(next)) else {
                if let Some(seen) = seen.get_mut(node) {
                    *seen = Seen::Done;
                }
                order.push(node);
                continue;
            };
            stack.push((node, next + 1));
            match seen.get(target) {
                Some(Seen::Open) => {
                    forward.insert((target, node));
                }
                Some(Seen::No) => {
                    forward.insert((node, target));
                    stack.push((target, 0));
                }
                _ => {
                    forward.insert((node, target));
                }
            }
        }
    }
    order.reverse();
    (forward, order)
}

/// The layer of each node: as far right as its longest way demands. What nothing points to stands right before what it
/// points to.
fn assign(count: usize, forward: &BTreeSet<(usize, usize)>, order: &[usize]) -> Vec<usize> {
    let mut targets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut pointed_to = BTreeSet::new();
    for (from, to) in forward {
        targets.entry(*from).or_default().push(*to);
        pointed_to.insert(*to);
    }
    let mut layers: Vec<usize> = vec![0; count];
    for node in order {
        let own = layers.get(*node).copied().unwrap_or(0);
        for target in targets.get(node).into_iter().flatten() {
            if let Some(layer) = layers.get_mut(*target) {
                *layer = (*layer).max(own + 1);
            }
        }
    }
    for node in order.iter().rev().filter(|node| !pointed_to.contains(*node)) {
        let nearest =
            targets.get(node).into_iter().flatten().filter_map(|target| layers.get(*target).copied()).min();
        let wanted = nearest.map(|layer| layer.saturating_sub(1));
        if let (Some(layer), Some(wanted)) = (layers.get_mut(*node), wanted) {
            *layer = wanted;
        }
    }
    layers
}

/// The mean of the values of these items; none for no items.
fn mean(items: Option<&Vec<Item>>, values: &[f64]) -> Option<f64> {
    let items = items?;
    let sum: f64 = items.iter().filter_map(|item| values.get(*item)).sum();
    (!items.is_empty()).then(|| sum / number(items.len()))
}

#[allow(clippy::cast_precision_loss, reason = "there are fewer nodes than a float has whole numbers")]
fn number(count: usize) -> f64 {
    count as f64
}

/// Moves the items of one layer as close as possible to where each wants to be, without changing their order or their
/// distance: the least sum of squares, found by joining neighbours that would overlap into blocks.
fn settle(items: &[Item], heights: &mut [f64], nodes: usize, wanted: impl Fn(Item, &[f64]) -> Option<f64>) {
    struct Block {
        sum: f64,
        count: f64,
        length: usize,
    }
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(items.len());
    let mut blocks: Vec<Block> = Vec::new();
    let mut before: Option<Item> = None;
    for item in items {
        if let Some(before) = before {
            offset += match (before < nodes, *item < nodes) {
                (true, true) => NODE_STEP,
                (false, false) => BEND_STEP,
                _ => NODE_BEND_STEP,
            };
        }
        before = Some(*item);
        offsets.push(offset);
        let own = heights.get(*item).copied().unwrap_or(0.0);
        let height = wanted(*item, heights).unwrap_or(own) - offset;
        let mut block = Block { sum: height, count: 1.0, length: 1 };
        while let Some(last) = blocks.pop_if(|last| last.sum / last.count > block.sum / block.count) {
            block.sum += last.sum;
            block.count += last.count;
            block.length += last.length;
        }
        blocks.push(block);
    }
    let settled = blocks.iter().flat_map(|block| std::iter::repeat_n(block.sum / block.count, block.length));
    for ((item, offset), height) in items.iter().zip(offsets).zip(settled) {
        if let Some(place) = heights.get_mut(*item) {
            *place = height + offset;
        }
    }
}

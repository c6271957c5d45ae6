//! Matrix products, written so that compilers make SIMD of them: the inner loops have a fixed length.

/// How many columns are added up at a time.
const LANES: usize = 8;
/// How many rows.
const ROWS: usize = 4;

/// Some columns of a matrix, side by side.
pub(super) type Panel = Vec<[f32; LANES]>;

/// `c = a · b`, all row-major; a is m × p, b is p × n, c is m × n. `panel` is memory to work in.
pub(super) fn product(a: &[f32], b: &[f32], c: &mut [f32], [p, n]: [usize; 2], panel: &mut Panel) {
    if p == 0 || n == 0 {
        c.fill(0.0);
        return;
    }
    for left in (0..n).step_by(LANES) {
        let width = LANES.min(n - left);
        // A few columns of b side by side, filled up with zeros: they are read for every row of a.
        panel.clear();
        panel.extend(b.chunks_exact(n).map(|row| {
            if let Some(lanes) = row.get(left..).and_then(<[f32]>::first_chunk) {
                return *lanes;
            }
            let mut lanes = [0.0; LANES];
            for (lane, &value) in lanes.iter_mut().zip(row.iter().skip(left).take(width)) {
                *lane = value;
            }
            lanes
        }));
        let blocks = a.chunks(ROWS * p).zip(c.chunks_mut(ROWS * n));
        for (rows, results) in blocks {
            let mut sums = [[0.0; LANES]; ROWS];
            let mut each = rows.chunks_exact(p);
            match [each.next(), each.next(), each.next(), each.next()] {
                [Some(a0), Some(a1), Some(a2), Some(a3)] => sums = block([a0, a1, a2, a3], panel),
                some => {
                    for (sums, row) in sums.iter_mut().zip(some.into_iter().flatten()) {
                        *sums = single(row, panel);
                    }
                }
            }
            for (result, sums) in results.chunks_exact_mut(n).zip(sums) {
                let place = result.iter_mut().skip(left).take(width);
                place.zip(sums).for_each(|(place, sum)| *place = sum);
            }
        }
    }
}

/// Four rows times the columns in hand.
fn block([a0, a1, a2, a3]: [&[f32]; ROWS], panel: &[[f32; LANES]]) -> [[f32; LANES]; ROWS] {
    let mut sums = [[0.0; LANES]; ROWS];
    let factors = a0.iter().zip(a1).zip(a2).zip(a3);
    for ((((&a0, &a1), &a2), &a3), lanes) in factors.zip(panel) {
        for (sums, a) in sums.iter_mut().zip([a0, a1, a2, a3]) {
            for (sum, &b) in sums.iter_mut().zip(lanes) {
                *sum += a * b;
            }
        }
    }
    sums
}

/// One row times the columns in hand.
fn single(row: &[f32], panel: &[[f32; LANES]]) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (&a, lanes) in row.iter().zip(panel) {
        for (sum, &b) in sums.iter_mut().zip(lanes) {
            *sum += a * b;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::product;

    #[test]
    fn the_same_as_the_definition() {
        let number = |index: usize| (index * 7919 % 23) as f32 - 11.0;
        for [m, p, n] in [[1, 1, 1], [4, 3, 8], [5, 7, 9], [9, 2, 17], [3, 0, 2]] {
            let a: Vec<f32> = (0..m * p).map(number).collect();
            let b: Vec<f32> = (0..p * n).map(|index| number(index + 5)).collect();
            let mut c = vec![f32::NAN; m * n];
            product(&a, &b, &mut c, [p, n], &mut Vec::new());
            for row in 0..m {
                for column in 0..n {
                    let sum: f32 = (0..p).map(|q| a[row * p + q] * b[q * n + column]).sum();
                    assert_eq!(c[row * n + column], sum, "{m} {p} {n}");
                }
            }
        }
    }
}

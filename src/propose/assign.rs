//! Which column for which field, all together: the assignment with the best total.

/// For each row the column that it gets; a pair whose worth is not above zero is never made.
///
/// Shape:  `worth[row][column]`, all rows of one length. The Hungarian method, in the cube of the larger side.
/// Source: H. W. Kuhn, The Hungarian method for the assignment problem, 1955.
pub(super) fn assign(worth: &[Vec<f64>]) -> Vec<Option<usize>> {
    let rows = worth.len();
    let columns = worth.first().map_or(0, Vec::len);
    if rows == 0 || columns == 0 {
        return vec![None; rows];
    }
    // As many idle columns as rows, so that every row may stay without one.
    let width = columns + rows;
    let cost = |row: usize, column: usize| {
        let worth = worth[row].get(column).copied().unwrap_or(0.0);
        if worth > 0.0 { -worth } else { 0.0 }
    };
    // Places count from 1; 0 is the start of each path.
    let (mut of_row, mut of_column) = (vec![0.0; rows + 1], vec![0.0; width + 1]);
    let (mut owner, mut way) = (vec![0_usize; width + 1], vec![0_usize; width + 1]);
    for row in 1..=rows {
        owner[0] = row;
        let mut at = 0;
        let mut least = vec![f64::INFINITY; width + 1];
        let mut used = vec![false; width + 1];
        loop {
            used[at] = true;
            let current = owner[at];
            let (mut delta, mut next) = (f64::INFINITY, 0);
            for column in 1..=width {
                if used[column] {
                    continue;
                }
                let reduced = cost(current - 1, column - 1) - of_row[current] - of_column[column];
                if reduced < least[column] {
                    (least[column], way[column]) = (reduced, at);
                }
                if least[column] < delta {
                    (delta, next) = (least[column], column);
                }
            }
            for column in 0..=width {
                if used[column] {
                    of_row[owner[column]] += delta;
                    of_column[column] -= delta;
                } else {
                    least[column] -= delta;
                }
            }
            at = next;
            if owner[at] == 0 {
                break;
            }
        }
        while at != 0 {
            let before = way[at];
            owner[at] = owner[before];
            at = before;
        }
    }
    let mut found = vec![None; rows];
    for column in 1..=columns {
        let row = owner[column];
        if row > 0 && worth[row - 1][column - 1] > 0.0 {
            found[row - 1] = Some(column - 1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::assign;

    #[test]
    fn the_total_counts_and_not_who_comes_first() {
        type Case<'a> = (&'a [&'a [f64]], &'a [Option<usize>]);
        let rows: [Case<'_>; 5] = [
            (&[&[0.9, 0.8], &[0.85, 0.1]], &[Some(1), Some(0)]),
            (&[&[0.9, 0.1], &[0.8, 0.1]], &[Some(0), Some(1)]),
            (&[&[0.0, 0.0], &[0.5, 0.0]], &[None, Some(0)]),
            (&[&[0.3], &[0.5], &[0.4]], &[None, Some(0), None]),
            (&[&[]], &[None]),
        ];
        for (worth, expect) in rows {
            let worth: Vec<Vec<f64>> = worth.iter().map(|row| row.to_vec()).collect();
            assert_eq!(assign(&worth), expect, "{worth:?}");
        }
    }

    #[test]
    fn it_is_as_good_as_trying_everything() {
        fn best(worth: &[Vec<f64>], row: usize, used: &mut Vec<bool>) -> f64 {
            if row == worth.len() {
                return 0.0;
            }
            let mut most = best(worth, row + 1, used);
            for column in 0..used.len() {
                if !used[column] {
                    used[column] = true;
                    most = most.max(worth[row][column] + best(worth, row + 1, used));
                    used[column] = false;
                }
            }
            most
        }
        let mut seed = 7_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 33) % 100) as f64 / 100.0
        };
        for (rows, columns) in [(3, 5), (5, 3), (4, 4), (5, 6)] {
            let worth: Vec<Vec<f64>> = (0..rows).map(|_| (0..columns).map(|_| next()).collect()).collect();
            let found = assign(&worth);
            let total: f64 =
                found.iter().enumerate().filter_map(|(row, column)| Some(worth[row][(*column)?])).sum();
            assert!((total - best(&worth, 0, &mut vec![false; columns])).abs() < 1e-9, "{worth:?}");
        }
    }
}

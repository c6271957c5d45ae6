//! Gradient descent on the mean squared error of a line, in float32.

use octet_protocol::{Epoch, ErrorKind, LabError};

/// A loss that has grown so many times over will not come back.
const LOST: f64 = 1e6;

/// A weight and a bias on their way.
pub(super) struct Descent<'a> {
    points: &'a [[f32; 2]],
    rate: f32,
    /// Epochs done.
    pub(super) epoch: u32,
    pub(super) weight: f32,
    pub(super) bias: f32,
    pub(super) history: Vec<Epoch>,
}

impl<'a> Descent<'a> {
    pub(super) fn new(points: &'a [[f32; 2]], [weight, bias]: [f32; 2], rate: f32) -> Self {
        let mut descent = Self {
            points,
            rate,
            epoch: 0,
            weight,
            bias,
            history: Vec::new(),
        };
        descent.note();
        descent
    }

    /// Goes on until so many epochs of `all` are done. False where it has diverged.
    pub(super) fn run(&mut self, until: u32, all: u32) -> bool {
        while self.epoch < until {
            let count = self.points.len() as f32;
            let (mut by_weight, mut by_bias) = (0.0_f32, 0.0_f32);
            for [celsius, fahrenheit] in self.points {
                let error = self.weight * celsius + self.bias - fahrenheit;
                by_weight += error * celsius;
                by_bias += error;
            }
            self.weight -= self.rate * 2.0 * by_weight / count;
            self.bias -= self.rate * 2.0 * by_bias / count;
            self.epoch += 1;
            let loss = self.loss();
            if loss.is_nan() || loss > self.first_loss() * LOST {
                self.note();
                return false;
            }
            if is_noted(self.epoch) || self.epoch == all {
                self.note();
            }
        }
        until < all || self.loss() <= self.first_loss()
    }

    fn loss(&self) -> f64 {
        let squares = self.points.iter().map(|[celsius, fahrenheit]| {
            let error = self.weight * celsius + self.bias - fahrenheit;
            f64::from(error).powi(2)
        });
        squares.sum::<f64>() / self.points.len().max(1) as f64
    }

    fn first_loss(&self) -> f64 {
        let first = self.history.first();
        first.map_or(f64::INFINITY, |first| first.loss)
    }

    fn note(&mut self) {
        self.history.push(Epoch {
            epoch: self.epoch,
            loss: self.loss(),
            weight: self.weight,
            bias: self.bias,
        });
    }

    /// Two over the loss's steepest curvature: from there on each step overshoots by more than it corrects. The loss is
    /// a parabola in both, with the second derivatives 2 · mean(x²), 2 · mean(x) and 2.
    pub(super) fn largest_rate(&self) -> f64 {
        let count = self.points.len().max(1) as f64;
        let celsius = self.points.iter().map(|[celsius, _]| f64::from(*celsius));
        let mean = celsius.clone().sum::<f64>() / count;
        let square = celsius.map(|x| x * x).sum::<f64>() / count;
        let curvature = square + 1.0 + ((square - 1.0).powi(2) + 4.0 * mean * mean).sqrt();
        2.0 / curvature
    }
}

/// Ninety in each tenfold.
fn is_noted(epoch: u32) -> bool {
    let mut step = 1;
    while epoch / step >= 100 {
        step *= 10;
    }
    epoch.is_multiple_of(step)
}

/// The loss has grown instead of shrinking.
pub(super) fn diverged(descent: &Descent<'_>, rate: f64) -> LabError {
    let loss = descent.loss();
    let loss = if loss.is_finite() {
        format!("{loss:.3e} °F²")
    } else {
        "more than a float32 holds".to_owned()
    };
    LabError::new(
        ErrorKind::BadInput,
        format!(
            "Training has diverged: at a learning rate of {rate} the mean squared error has grown from {:.0} °F² to {loss} in {} epochs.",
            descent.first_loss(),
            descent.epoch
        ),
        format!(
            "Choose a learning rate below {:.6}, which is 2 over the steepest curvature of the loss on these points.",
            descent.largest_rate()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [[f32; 2]; 3] = [[-10.0, 14.0], [0.0, 32.0], [20.0, 68.0]];

    #[test]
    fn the_largest_rate_is_where_descent_turns() {
        let largest = Descent::new(&POINTS, [0.0; 2], 1.0).largest_rate();
        for (share, converges) in [(0.99, true), (1.01, false)] {
            let mut descent = Descent::new(&POINTS, [0.0; 2], (largest * share) as f32);
            assert_eq!(descent.run(3000, 3000), converges, "{share}");
        }
    }

    #[test]
    fn one_epoch_by_hand() {
        let mut descent = Descent::new(&POINTS, [0.0; 2], 0.001);
        assert!(descent.run(1, 1));
        // The errors are −14, −32 and −68: times °C 140, 0 and −1360.
        assert!((descent.weight - 0.002 * 1220.0 / 3.0).abs() < 1e-6);
        assert!((descent.bias - 0.002 * 114.0 / 3.0).abs() < 1e-6);
        assert_eq!(descent.history.len(), 2);
    }

    #[test]
    fn epochs_are_noted_more_and_more_rarely() {
        let noted: Vec<u32> = (1..=2000).filter(|epoch| is_noted(*epoch)).collect();
        assert_eq!(noted.len(), 99 + 90 + 11);
        assert_eq!(noted[99..102], [100, 110, 120]);
    }
}

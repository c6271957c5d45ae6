//! Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1).

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The running moments of each variable's gradient.
pub(super) struct Adam {
    mean: Vec<f32>,
    square: Vec<f32>,
    /// FIRST and SECOND to the power of the steps taken.
    decayed: [f32; 2],
}

impl Adam {
    pub(super) fn new(variables: usize) -> Self {
        Self {
            mean: vec![0.0; variables],
            square: vec![0.0; variables],
            decayed: [1.0, 1.0],
        }
    }

    /// One step down the gradient.
    pub(super) fn step(&mut self, variables: &mut [f32], gradient: &[f32], rate: f32) {
        self.decayed = [self.decayed[0] * FIRST, self.decayed[1] * SECOND];
        let rate = rate / (1.0 - self.decayed[0]);
        let unbias = 1.0 / (1.0 - self.decayed[1]);
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((variable, &slope), (mean, square)) in variables.iter_mut().zip(gradient).zip(moments)
        {
            *mean = FIRST * *mean + (1.0 - FIRST) * slope;
            *square = SECOND * *square + (1.0 - SECOND) * slope * slope;
            *variable -= rate * *mean / ((*square * unbias).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Adam;

    #[test]
    fn the_first_step_is_as_long_as_the_rate() {
        let mut variables = [1.0, -2.0, 3.0];
        Adam::new(3).step(&mut variables, &[1e-3, -50.0, 0.0], 0.1);
        for (found, expected) in variables.iter().zip([0.9, -1.9, 3.0]) {
            assert!((found - expected).abs() < 1e-3, "{found}");
        }
    }

    #[test]
    fn a_bowl_has_its_bottom_found() {
        let mut variables = [5.0, -3.0];
        let mut adam = Adam::new(2);
        for _ in 0..2000 {
            let gradient = [2.0 * (variables[0] - 1.0), 20.0 * (variables[1] + 2.0)];
            adam.step(&mut variables, &gradient, 0.02);
        }
        assert!((variables[0] - 1.0).abs() < 1e-2 && (variables[1] + 2.0).abs() < 1e-2);
    }
}

//! The formulas in number questions: parsed once, computed while building, written out as Rust.

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number.
    Number(f64),
    /// A drawn variable, by its place among them.
    Variable(usize),
    /// A change of sign.
    Negative(Box<Expression>),
    /// Two operands with one of `+ - * /` between them.
    Binary(char, Box<[Expression; 2]>),
    /// A call of a known function.
    Call(&'static Function, Vec<Expression>),
}

/// A function that formulas may call.
#[derive(Debug)]
pub struct Function {
    name: &'static str,
    arity: usize,
    compute: fn(&[f64]) -> f64,
    /// The same as a method of `f64`; the further arguments go between its parentheses.
    method: &'static str,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const fn function(
    name: &'static str,
    arity: usize,
    method: &'static str,
    compute: fn(&[f64]) -> f64,
) -> Function {
    Function {
        name,
        arity,
        compute,
        method,
    }
}

/// Rounding halves: `round` goes away from zero as TFLite does, `round_even` to the even neighbour as NumPy does.
static FUNCTIONS: [Function; 12] = [
    function("round", 1, "round", |v| v[0].round()),
    function("round_even", 1, "round_ties_even", |v| {
        v[0].round_ties_even()
    }),
    function("floor", 1, "floor", |v| v[0].floor()),
    function("ceil", 1, "ceil", |v| v[0].ceil()),
    function("abs", 1, "abs", |v| v[0].abs()),
    function("sqrt", 1, "sqrt", |v| v[0].sqrt()),
    function("log2", 1, "log2", |v| v[0].log2()),
    function("log10", 1, "log10", |v| v[0].log10()),
    function("min", 2, "min", |v| v[0].min(v[1])),
    function("max", 2, "max", |v| v[0].max(v[1])),
    function("pow", 2, "powf", |v| v[0].powf(v[1])),
    // `f64::clamp` panics where the limits are in the wrong order.
    function("clamp", 3, "max", |v| v[0].max(v[1]).min(v[2])),
];

/// What a formula may name.
#[derive(Clone, Copy, Default)]
pub struct Scope<'a> {
    /// The drawn variables.
    pub names: &'a [String],
    /// What `answer` stands for.
    pub answer: Option<&'a Expression>,
}

impl Expression {
    /// Reads a formula.
    pub fn parse(text: &str, scope: Scope<'_>) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
            end: text.chars().count() + 1,
            scope,
        };
        let expression = parser.sum()?;
        match parser.next() {
            (Token::End, _) => Ok(expression),
            (token, column) => Err(format!(
                "column {column}: {} is not expected here",
                token.in_words()
            )),
        }
    }

    /// Its value for these variables.
    pub fn value(&self, variables: &[f64]) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Variable(place) => variables.get(*place).copied().unwrap_or(f64::NAN),
            Self::Negative(operand) => -operand.value(variables),
            Self::Binary(operator, operands) => {
                let [left, right] = operands.each_ref().map(|operand| operand.value(variables));
                match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }
            }
            Self::Call(function, arguments) => {
                let arguments: Vec<_> = arguments.iter().map(|a| a.value(variables)).collect();
                (function.compute)(&arguments)
            }
        }
    }

    /// A Rust closure of the type `fn(&[f64]) -> f64` that computes the same.
    pub fn closure(&self, variables: usize) -> String {
        let names: Vec<_> = (0..variables)
            .map(|place| match self.uses(place) {
                true => format!("v{place}"),
                false => "_".to_owned(),
            })
            .collect();
        format!(
            "|v| match *v {{ [{}] => {}, _ => f64::NAN }}",
            names.join(", "),
            self.code()
        )
    }

    /// Whether it calls a function.
    pub fn calls(&self, name: &str) -> bool {
        match self {
            Self::Number(_) | Self::Variable(_) => false,
            Self::Negative(operand) => operand.calls(name),
            Self::Binary(_, operands) => operands.iter().any(|operand| operand.calls(name)),
            Self::Call(function, arguments) => {
                function.name == name || arguments.iter().any(|argument| argument.calls(name))
            }
        }
    }

    fn uses(&self, variable: usize) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Variable(place) => *place == variable,
            Self::Negative(operand) => operand.uses(variable),
            Self::Binary(_, operands) => operands.iter().any(|operand| operand.uses(variable)),
            Self::Call(_, arguments) => arguments.iter().any(|a| a.uses(variable)),
        }
    }

    fn code(&self) -> String {
        match self {
            Self::Number(number) => format!("{number:?}_f64"),
            Self::Variable(place) => format!("v{place}"),
            Self::Negative(operand) => format!("(-{})", operand.code()),
            Self::Binary(operator, operands) => {
                let [left, right] = operands.each_ref().map(Self::code);
                format!("({left} {operator} {right})")
            }
            Self::Call(function, arguments) => {
                let codes: Vec<_> = arguments.iter().map(Self::code).collect();
                match codes.as_slice() {
                    [value, low, high] => format!("({value}).max({low}).min({high})"),
                    [value, rest @ ..] => {
                        format!("({value}).{}({})", function.method, rest.join(", "))
                    }
                    [] => "f64::NAN".to_owned(),
                }
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Sign(char),
    End,
}

impl Token {
    fn in_words(&self) -> String {
        match self {
            Self::Number(number) => format!("the number {number}"),
            Self::Name(name) => format!("“{name}”"),
            Self::Sign(sign) => format!("“{sign}”"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// The tokens of a formula and the columns, from 1, where they begin.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&first) = chars.get(at) {
        let start = at;
        at += 1;
        let mut take_while = |wanted: fn(char) -> bool| {
            while chars.get(at).is_some_and(|&c| wanted(c)) {
                at += 1;
            }
            chars[start..at].iter().collect::<String>()
        };
        let token = match first {
            ' ' => continue,
            '0'..='9' | '.' => {
                let digits = take_while(|c| c.is_ascii_digit() || c == '.');
                let number = digits
                    .parse()
                    .map_err(|_| format!("column {}: “{digits}” is not a number", start + 1))?;
                Token::Number(number)
            }
            'a'..='z' => Token::Name(take_while(|c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
            })),
            '+' | '-' | '*' | '/' | '(' | ')' | ',' => Token::Sign(first),
            other => {
                return Err(format!(
                    "column {}: “{other}” cannot be in a formula; it has numbers, names, \
                     + - * / and parentheses",
                    start + 1
                ));
            }
        };
        tokens.push((token, start + 1));
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<(Token, usize)>,
    at: usize,
    end: usize,
    scope: Scope<'a>,
}

impl Parser<'_> {
    fn peek(&self) -> (Token, usize) {
        let end = (Token::End, self.end);
        self.tokens.get(self.at).cloned().unwrap_or(end)
    }

    fn next(&mut self) -> (Token, usize) {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// The sign that comes next, taken where it is one of these.
    fn take(&mut self, signs: &[char]) -> Option<char> {
        match self.peek() {
            (Token::Sign(sign), _) if signs.contains(&sign) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            left = Expression::Binary(sign, Box::new([left, self.product()?]));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.operand()?;
        while let Some(sign) = self.take(&['*', '/']) {
            left = Expression::Binary(sign, Box::new([left, self.operand()?]));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        match self.next() {
            (Token::Number(number), _) => Ok(Expression::Number(number)),
            (Token::Sign('-'), _) => Ok(Expression::Negative(Box::new(self.operand()?))),
            (Token::Sign('('), _) => {
                let inner = self.sum()?;
                self.close()?;
                Ok(inner)
            }
            (Token::Name(name), column) => self.name(&name, column),
            (token, column) => Err(format!(
                "column {column}: {} stands where a number, a variable or “(” must be",
                token.in_words()
            )),
        }
    }

    fn name(&mut self, name: &str, column: usize) -> Result<Expression, String> {
        if let Some(place) = self.scope.names.iter().position(|known| known == name) {
            return Ok(Expression::Variable(place));
        }
        if let (Some(answer), "answer") = (self.scope.answer, name) {
            return Ok(answer.clone());
        }
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let variables = self.scope.names.join(", ");
            let functions: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
            return Err(format!(
                "column {column}: there is no variable or function “{name}”; drawn are: \
                 {variables}; functions are: {}",
                functions.join(", ")
            ));
        };
        if self.take(&['(']).is_none() {
            return Err(format!("column {column}: “{name}” needs a “(” after it"));
        }
        let mut arguments = vec![self.sum()?];
        while self.take(&[',']).is_some() {
            arguments.push(self.sum()?);
        }
        self.close()?;
        if arguments.len() != function.arity {
            return Err(format!(
                "column {column}: “{name}” takes {} numbers, not {}",
                function.arity,
                arguments.len()
            ));
        }
        Ok(Expression::Call(function, arguments))
    }

    fn close(&mut self) -> Result<(), String> {
        match self.next() {
            (Token::Sign(')'), _) => Ok(()),
            (token, column) => Err(format!(
                "column {column}: {} stands where “)” must be",
                token.in_words()
            )),
        }
    }
}

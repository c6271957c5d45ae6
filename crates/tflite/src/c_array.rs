//! A model as C++ source, for TensorFlow Lite Micro, which has no files.

use std::fmt::Write;

use crate::TfliteError;

/// Two files of C++ source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CArray {
    /// `<name>.h`: declares the model's bytes, their number, and the size of the arena.
    pub header: String,
    /// `<name>.cc`: the bytes.
    pub source: String,
}

/// Words that C++ (to C++20) keeps to itself and that a name must therefore not be.
const KEYWORDS: &str = "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t \
    char32_t char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit \
    continue decltype default delete do double dynamic_cast else enum explicit export extern false float for friend \
    goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected \
    public register reinterpret_cast requires return short signed sizeof static static_assert static_cast struct \
    switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void \
    volatile wchar_t while xor xor_eq";

/// The bytes of a `.tflite` file as an array `<name>` with its length `<name>_len`, aligned to 16 bytes as kernels want
/// it, and `<name>_arena_size`, how many bytes the program has to set apart for the interpreter.
///
/// # Errors
/// [`TfliteError::CName`] if the name is not an identifier.
pub fn to_c_array(bytes: &[u8], name: &str, arena_size: usize) -> Result<CArray, TfliteError> {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let keyword = KEYWORDS.split(' ').any(|keyword| keyword == name);
    if !starts || !name.chars().all(word) || keyword {
        return Err(TfliteError::CName(name.to_owned()));
    }
    let guard = format!("{}_H_", name.to_ascii_uppercase());
    let len = bytes.len();
    let header = format!(
        "// A TFLite model of {len} bytes, and the arena that its interpreter needs.\n\
         #ifndef {guard}\n\
         #define {guard}\n\
         \n\
         extern const unsigned char {name}[];\n\
         extern const unsigned int {name}_len;\n\
         constexpr unsigned int {name}_arena_size = {arena_size};\n\
         \n\
         #endif  // {guard}\n"
    );
    // “0x00, ” for each byte.
    let mut source = String::with_capacity(len.saturating_mul(6).saturating_add(256));
    source.push_str(&format!(
        "#include \"{name}.h\"\n\nalignas(16) const unsigned char {name}[] = {{\n"
    ));
    for line in bytes.chunks(12) {
        source.push_str("   ");
        for byte in line {
            // Writing to a String cannot fail.
            let _ = write!(source, " 0x{byte:02x},");
        }
        source.push('\n');
    }
    source.push_str(&format!("}};\nconst unsigned int {name}_len = {len};\n"));
    Ok(CArray { header, source })
}

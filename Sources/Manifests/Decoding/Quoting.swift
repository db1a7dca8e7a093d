/// Text of a file as it is shown in a message: in quotes, on one line, and not endless.
func quoted(_ text: some StringProtocol) -> String {
  let limit = 60
  let shown = text.unicodeScalars.prefix(limit)
  let ending = shown.count < text.unicodeScalars.count ? "…" : ""
  return "\"" + printable(shown) + ending + "\""
}

/// The characters with everything escaped that could move a terminal's cursor or fake a line.
func printable(_ characters: some Sequence<Unicode.Scalar>) -> String {
  var result = ""
  for character in characters {
    switch character.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
      result += character.escaped(asASCII: true)
    default:
      result.unicodeScalars.append(character)
    }
  }
  return result
}

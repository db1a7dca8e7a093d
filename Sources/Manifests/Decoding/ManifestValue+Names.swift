extension ManifestValue {
  /// The name of a Kubernetes object: an RFC 1123 subdomain.
  ///
  /// - Parameter orCapitals: whether one with capitals is taken for the same name without, with a
  ///   warning.
  func objectName(orCapitals: Bool = false) -> String? {
    if orCapitals, case .scalar(let scalar) = node.content, case .text(let text) = scalar.value,
      text.utf8.count <= 253, !text.isMadeOfLabels(allowsDots: true),
      text.lowercased().isMadeOfLabels(allowsDots: true)
    {
      warning(
        "\(quoted(text)) is taken for \(text.lowercased()): names of Kubernetes have no capitals")
      return text.lowercased()
    }
    return name(
      longest: 253, allowsDots: true,
      expected: "a name of at most 253 lowercase letters, digits, \"-\" and \".\"")
  }

  /// Whether a URL stands where a name should.
  var holdsAddress: Bool {
    node.isScalar && String(decoding: node.bytes, as: UTF8.self).contains("://")
  }

  /// The name of a Kubernetes namespace: an RFC 1123 label.
  func namespaceName() -> String? {
    name(
      longest: 63, allowsDots: false,
      expected: "a namespace of at most 63 lowercase letters, digits and \"-\"")
  }

  /// What a person calls a signal or a rule, or a forecaster a workload: one line.
  func title(longest: Int = 128) -> String? {
    var expected: String { "a name of at most \(longest) characters, on one line" }
    guard let text = text(expected: expected) else { return nil }
    // What most names are: letters, digits and spaces.
    if text.utf8.count <= longest, text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return text }
    let hasBreak = text.unicodeScalars.contains {
      [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
    }
    guard text.unicodeScalars.count <= longest, !hasBreak else {
      error(expected: expected)
      return nil
    }
    return text
  }

  private func name(longest: Int, allowsDots: Bool, expected: String) -> String? {
    guard let text = text(expected: expected) else { return nil }
    guard text.utf8.count <= longest, text.isMadeOfLabels(allowsDots: allowsDots) else {
      let meant = String(text.lowercased().map { "_ ".contains($0) ? "-" : $0 })
      let isName = meant.utf8.count <= longest && meant.isMadeOfLabels(allowsDots: allowsDots)
      error(
        expected: "\(expected) that starts and ends with a letter or a digit",
        hint: isName ? "write \(meant)" : nil)
      return nil
    }
    return text
  }
}

extension String {
  /// Whether this is one label of RFC 1123, or several joined by dots.
  fileprivate func isMadeOfLabels(allowsDots: Bool) -> Bool {
    // The last byte of the label so far; a dot at its beginning.
    var last = UInt8(ascii: ".")
    for byte in utf8 {
      let isAllowed =
        switch byte {
        case UInt8(ascii: "."): allowsDots && last.isLowercaseOrDigit
        case UInt8(ascii: "-"): last != UInt8(ascii: ".")
        default: byte.isLowercaseOrDigit
        }
      guard isAllowed else { return false }
      last = byte
    }
    // Each label starts and ends with a letter or a digit.
    return last.isLowercaseOrDigit
  }
}

extension UInt8 {
  fileprivate var isLowercaseOrDigit: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
}

extension ManifestValue {
  /// The name of a Kubernetes object: an RFC 1123 subdomain.
  func objectName() -> String? {
    name(
      longest: 253, separators: "-.",
      expected: "a name of at most 253 lowercase letters, digits, \"-\" and \".\"")
  }

  /// The name of a Kubernetes namespace: an RFC 1123 label.
  func namespaceName() -> String? {
    name(
      longest: 63, separators: "-",
      expected: "a namespace of at most 63 lowercase letters, digits and \"-\"")
  }

  /// What a person calls a signal or a rule: one line, of at most 128 characters.
  func title() -> String? {
    let longest = 128
    let expected = "a name of at most \(longest) characters, on one line"
    guard let text = text(expected: expected) else { return nil }
    guard text.unicodeScalars.count <= longest, text == printable(text.unicodeScalars) else {
      error(expected: expected)
      return nil
    }
    return text
  }

  private func name(longest: Int, separators: String, expected: String) -> String? {
    guard let text = text(expected: expected) else { return nil }
    let separators = Array(separators.utf8)
    let isName =
      text.utf8.count <= longest
      && text.utf8.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ".") }
        .allSatisfy { label in
          label.allSatisfy { $0.isLowercaseOrDigit || separators.contains($0) }
            && label.first?.isLowercaseOrDigit == true && label.last?.isLowercaseOrDigit == true
        }
    guard isName else {
      error(expected: "\(expected) that starts and ends with a letter or a digit")
      return nil
    }
    return text
  }
}

extension UInt8 {
  fileprivate var isLowercaseOrDigit: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
}

extension ManifestValue {
  /// The name of a Kubernetes object: an RFC 1123 subdomain.
  func objectName() -> String? {
    name(
      longest: 253, allowsDots: true,
      expected: "a name of at most 253 lowercase letters, digits, \"-\" and \".\"")
  }

  /// The name of a Kubernetes namespace: an RFC 1123 label.
  func namespaceName() -> String? {
    name(
      longest: 63, allowsDots: false,
      expected: "a namespace of at most 63 lowercase letters, digits and \"-\"")
  }

  /// What a person calls a signal or a rule, or a forecaster a workload: one line.
  func title(longest: Int = 128) -> String? {
    let expected = "a name of at most \(longest) characters, on one line"
    guard let text = text(expected: expected) else { return nil }
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
    let labels = text.utf8.split(omittingEmptySubsequences: false) {
      allowsDots && $0 == UInt8(ascii: ".")
    }
    let isName =
      text.utf8.count <= longest
      && labels.allSatisfy { label in
        label.allSatisfy { $0.isLowercaseOrDigit || $0 == UInt8(ascii: "-") }
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

internal import Scaling

/// Values in the metadata of KEDA's triggers, all of which are text.
enum TriggerText {
  /// A number above 0, as text that YAML reads as a number too.
  static func positive(_ text: String) -> String? {
    guard let number = Double(text), number > 0, number.isFinite else { return nil }
    let isPlain = text.utf8.allSatisfy { "0123456789.".utf8.contains($0) }
    return isPlain && text.first != "." && text.last != "." ? text : "\(number)"
  }

  /// `A=b,C=d`: in order, with the last value of a name that is given twice.
  struct Pairs {
    private(set) var pairs: [(name: String, value: String)] = []
    /// Parts that are none, and names that cannot be sent: as they stand there, without their values.
    private(set) var refused: [String] = []

    /// - Parameter isFine: whether a data source may say it.
    init(_ text: String, where isFine: (String, String) -> Bool) {
      for part in text.split(separator: ",") {
        let ends = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = ends[0].trimmed
        guard ends.count == 2, isFine(name, ends[1].trimmed) else {
          refused.append(name)
          continue
        }
        pairs.removeAll { $0.name.lowercased() == name.lowercased() }
        pairs.append((name, ends[1].trimmed))
      }
    }

    /// As a mapping of YAML.
    var yaml: String {
      let entries = pairs.map { "\(ImportText.quoted($0.name)): \(ImportText.quoted($0.value))" }
      return "{\(entries.joined(separator: ", "))}"
    }
  }

  /// `customHeaders`, which become headers of a data source.
  static func headers(_ text: String) -> Pairs {
    Pairs(text) { name, value in
      HTTPSyntax.isToken(name) && !HTTPSyntax.reserved.contains(name.lowercased())
        && HTTPSyntax.isFieldValue(value)
    }
  }

  /// `queryParameters`, which become parameters of a data source.
  static func parameters(_ text: String) -> Pairs {
    Pairs(text) { name, value in
      !name.isEmpty && !value.isEmpty && !QueryParameters.prometheus.reserved.contains(name)
    }
  }
}

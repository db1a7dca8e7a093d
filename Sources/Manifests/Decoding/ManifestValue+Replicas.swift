internal import Scaling

/// What `replicas` of a rule say.
enum RuleReplicas {
  case floor(Int)
  case relative(RelativeReplicas)
}

extension ManifestValue {
  /// A number of replicas, or a relative one: `+20%` or `x1.5`. Nil after an error.
  func ruleReplicas() -> RuleReplicas? {
    guard let text = relativeText else {
      if let meant = otherRelativeText {
        error(expected: Self.replicasExpected, hint: "write \(quoted(meant))")
        return nil
      }
      return integer(in: ManifestLimits.replicas, or: Self.relativeExpected).map { .floor($0) }
    }
    let isPercentage = text.hasSuffix("%")
    let digits = isPercentage ? text.dropFirst().dropLast() : text.dropFirst()
    guard let number = Self.thousandths(digits, decimals: isPercentage ? 1 : 3) else {
      error(
        expected: Self.replicasExpected, hint: otherRelativeText.map { "write \(quoted($0))" })
      return nil
    }
    let factor = isPercentage ? 1000 + number / 100 : number
    if let relative = RelativeReplicas(thousandths: factor, isPercentage: isPercentage),
      text.first != "-"
    {
      return .relative(relative)
    }
    error(
      text.first == "-" || factor <= 1000
        ? "a rule cannot ask for less than everything else does: relative replicas are more than"
          + " +0% and x1, such as \"+20%\"; for an upper bound write atMost with a number"
        : "expected at most \"x100\", found the text \(quoted(text))")
    return nil
  }

  /// A number of replicas where a relative one, which belongs in a rule's `replicas`, is no answer.
  func replicas() -> Int? {
    guard relativeText != nil else { return integer(in: ManifestLimits.replicas) }
    error(
      expected: "a whole number from 0 to \(ManifestLimits.replicas.upperBound)",
      hint: "only the replicas of a rule can be relative")
    return nil
  }

  private static let relativeExpected = "a relative one such as \"+20%\" or \"x1.5\""

  private static var replicasExpected: String {
    "a whole number from 0 to \(ManifestLimits.replicas.upperBound), or \(relativeExpected)"
  }

  /// The text of what may be meant as relative: a sign and a percentage, or an `x` and a digit.
  private var relativeText: String? {
    guard case .scalar(let scalar) = node.content, case .text(let text) = scalar.value,
      let first = text.first, text.utf8.count <= 20
    else { return nil }
    if "+-".contains(first), text.hasSuffix("%") { return text }
    return first == "x" && text.dropFirst().first?.isNumber == true ? text : nil
  }

  /// What is meant by `20%`, `+20 %`, `+20` or `1.5x`; nil for anything else.
  private var otherRelativeText: String? {
    guard case .scalar(let scalar) = node.content, case .text(let text) = scalar.value,
      text.utf8.count <= 20
    else { return nil }
    let squeezed = text.filter { $0 != " " }
    var meant = squeezed
    if squeezed.hasSuffix("%"), squeezed.first?.isNumber == true {
      meant = "+" + squeezed
    } else if squeezed.lowercased().hasSuffix("x") {
      meant = "x" + squeezed.dropLast()
    } else if squeezed.hasPrefix("+"),
      squeezed.dropFirst().utf8.allSatisfy({ (48...57).contains($0) })
    {
      meant = squeezed + "%"
    } else if !squeezed.hasPrefix("+"), !squeezed.hasPrefix("x") {
      return nil
    }
    let isPercentage = meant.hasSuffix("%")
    let digits = isPercentage ? meant.dropFirst().dropLast() : meant.dropFirst()
    guard meant != text, let number = Self.thousandths(digits, decimals: isPercentage ? 1 : 3),
      RelativeReplicas(
        thousandths: isPercentage ? 1000 + number / 100 : number, isPercentage: isPercentage) != nil
    else { return nil }
    return meant
  }

  /// A decimal of digits, times 1000; nil for anything else.
  private static func thousandths(_ text: Substring, decimals: Int) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0].utf8.count <= 6,
      parts.allSatisfy({ part in
        !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) }
      }), let whole = Int(parts[0])
    else { return nil }
    guard parts.count == 2 else { return whole * 1000 }
    guard parts[1].utf8.count <= decimals,
      let fraction = Int(parts[1] + String(repeating: "0", count: 3 - parts[1].utf8.count))
    else { return nil }
    return whole * 1000 + fraction
  }
}

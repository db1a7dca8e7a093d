internal import Scaling

extension ManifestValue {
  func promQL() -> String? {
    guard let query = text(expected: "a PromQL query") else { return nil }
    guard query.contains(where: { !$0.isWhitespace }) else {
      error("expected a PromQL query, found only spaces")
      return nil
    }
    let brackets = PromQLBrackets(query)
    if let problem = brackets.problem {
      error("expected a PromQL query; \(problem)")
      return nil
    }
    if let hidden = brackets.hidden {
      warning(
        "all of \(quoted(hidden)) is a comment, since the query is one line; keep the lines apart "
          + "with \"query: |\"")
    }
    return query
  }

  /// A query of its own, or `targets`, which asks how many targets of `query` are up.
  func evidence(for query: String) -> String? {
    guard let text = promQL() else { return nil }
    guard text == "targets" else { return text }
    do throws(PromQLSelector.Problem) {
      let selector = try PromQLSelector(onlyOneOf: query)
      return "count(up{\(try selector.targetMatchers())} == 1)"
    } catch {
      self.error("expected a query with one selector by job, namespace or instance, \(error)")
      return nil
    }
  }

  /// What may stand between the braces of a PromQL selector.
  func labelMatchers() -> String? {
    let expected = "label matchers such as job=\"my-api\""
    guard let text = text(expected: expected) else { return nil }
    guard !text.hasPrefix("{"), !text.hasSuffix("}") else {
      error(expected: expected, hint: "leave out the braces")
      return nil
    }
    guard text.contains("=") || text.contains("!~") else {
      error(expected: expected)
      return nil
    }
    return text
  }

  /// The range of a PromQL subquery is asked in whole seconds.
  func wholeSeconds() -> Duration? {
    guard let duration = duration(in: .seconds(1)...ManifestLimits.week) else { return nil }
    guard duration.components.attoseconds == 0 else {
      error(expected: "whole seconds")
      return nil
    }
    return duration
  }
}

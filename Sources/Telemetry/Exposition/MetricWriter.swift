/// Takes the samples of collected families during one scrape.
package struct MetricWriter {
  /// By the family's place in the registry; nil for those that are not collected.
  private var families: [Samples?]

  private struct Samples {
    var text: SampleText
    /// Hashes of the label values that were written; keeping the values themselves would cost
    /// more than writing them.
    var seen: Set<Int> = []

    /// False when the series is already there.
    mutating func write(_ value: Double, _ labelValues: [String]) -> Bool {
      text.begin(labelValues: labelValues)
      guard seen.insert(text.labels.hashValue).inserted else { return false }
      text.append(suffix: "", value: SampleText.number(value))
      return true
    }
  }

  init(_ definitions: [MetricDefinition?], format: ExpositionFormat) {
    families = definitions.map { definition in
      definition.map { Samples(text: SampleText($0, format: format)) }
    }
  }

  /// Writes one series of a family; label values in the order of its definition. A wrong number of
  /// them is a programmer's error, and so is a series that was written before: it would make
  /// Prometheus refuse the whole scrape, so a release build leaves the second one out.
  package mutating func write(
    _ family: CollectedFamily, _ value: Double, labels labelValues: [String] = []
  ) {
    let definition = family.definition
    precondition(
      labelValues.count == definition.labels.count,
      "metric \(definition.name) has \(definition.labels.count) labels, not \(labelValues.count)")
    let isNew = families[family.index]?.write(value, labelValues) ?? false
    assert(isNew, "metric \(definition.name) has a second series with \(labelValues)")
  }

  /// The lines of one family, once every collector has run.
  func lines(of index: Int) -> [UInt8] {
    families[index]?.text.bytes ?? []
  }
}

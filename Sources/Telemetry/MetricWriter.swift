/// Takes the samples of collected families during one scrape.
package struct MetricWriter {
  private let format: ExpositionFormat
  /// By the family's place in the registry.
  private var families: [Int: Samples] = [:]

  private struct Samples {
    var text: SampleText
    var seen: Set<[String]> = []
  }

  init(format: ExpositionFormat) {
    self.format = format
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
    var samples =
      families.removeValue(forKey: family.index)
      ?? Samples(text: SampleText(definition, format: format))
    let isNew = samples.seen.insert(labelValues).inserted
    assert(isNew, "metric \(definition.name) has a second series with \(labelValues)")
    if isNew {
      samples.text.begin(labelValues: labelValues)
      samples.text.append(suffix: "", value: SampleText.number(value))
    }
    families[family.index] = samples
  }

  /// The lines of one family, once every collector has run.
  func lines(of index: Int) -> [UInt8] {
    families[index]?.text.bytes ?? []
  }
}

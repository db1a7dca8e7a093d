/// The fields of a plain `GetMetricsRequest`.
struct MetricsRequestFields {
  private(set) var reference = ReferenceFields()
  private(set) var metricName = PlainFields.Text(start: nil, count: 0)

  /// Nil for a message that is not plain.
  init?(plain message: PlainFields.Text) {
    var fields = PlainFields(message)
    var hasReference = false
    while !fields.isAtEnd {
      guard let field = fields.next() else { return nil }
      switch field.number {
      case 1:
        // Two of them would have to be merged.
        guard !hasReference, let reference = ReferenceFields(plain: field.text) else { return nil }
        self.reference = reference
        hasReference = true
      case 2:
        guard field.text.isASCII else { return nil }
        metricName = field.text
      default: return nil
      }
    }
  }
}

/// What a learnt state belongs to: policies that agree in all of it share one state, and a state with
/// another key is not taken over, but learnt again (forecast specification, "The algorithm").
package struct ForecastKey: Hashable, Sendable {
  /// The data source's name; in what is kept and handed to other replicas, its server's address.
  package let source: String
  package let query: String
  /// Further parameters of the query, by name.
  package let queryParameters: [String: String]
  package let parameters: ForecastParameters
  /// What stands for a bucket.
  package let aggregation: BucketAggregation
  package let timeZone: String
  /// Spans that are not learnt, in seconds since the epoch.
  package let exclusions: [Range<Int>]

  package init(
    source: String, query: String, queryParameters: [String: String] = [:],
    parameters: ForecastParameters, aggregation: BucketAggregation = .maximum,
    timeZone: String = "UTC", exclusions: [Range<Int>] = []
  ) {
    self.source = source
    self.query = query
    self.queryParameters = queryParameters
    self.parameters = parameters
    self.aggregation = aggregation
    self.timeZone = timeZone
    self.exclusions = exclusions
  }

  /// The same in every process and on every machine.
  package var fingerprint: UInt64 {
    var hash = StateHash()
    hash.add(source)
    hash.add(query)
    hash.add(UInt64(queryParameters.count))
    for (name, value) in queryParameters.sorted(by: { $0.key < $1.key }) {
      hash.add(name)
      hash.add(value)
    }
    hash.add(UInt64(parameters.grid.seconds))
    hash.add(UInt64(parameters.horizons))
    hash.add(parameters.threshold.bitPattern)
    hash.add(parameters.quantile.bitPattern)
    hash.add(parameters.auditMargin.bitPattern)
    hash.add(parameters.ignoresOutages ? 1 : 0)
    hash.add(aggregation == .maximum ? 0 : 1)
    hash.add(timeZone)
    for span in exclusions {
      hash.add(UInt64(bitPattern: Int64(span.lowerBound)))
      hash.add(UInt64(bitPattern: Int64(span.upperBound)))
    }
    return hash.value
  }
}

/// What stands for a bucket: the mean of one covers its worst minute only 62 % of the time at quantile
/// 0.95, the maximum 94.9 %.
package enum BucketAggregation: String, Hashable, Sendable, CaseIterable {
  case maximum = "max"
  case mean
}

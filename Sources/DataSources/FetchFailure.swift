internal import HTTPClient
internal import Scaling

/// Why an attempt to fetch a feed brought no reading.
struct FetchFailure: Error, Hashable {
  var reason: Reason
  /// One sentence for people, without secrets: what was expected, what was found, where.
  var message: String
  /// Whether the data source itself may be in trouble; false when it answered, but not what this
  /// feed needs. Whether it is in trouble is seen by how its other feeds fare.
  var concernsSource: Bool
  /// How long the server asks to be left alone with this feed; nil where it does not say.
  var retryAfter: Duration?
  /// How long the attempt took.
  var duration = Duration.zero

  /// The reasons that metrics tell apart, by their label.
  enum Reason: Hashable {
    case http(HTTPFailure.Kind)
    /// A token, password or certificate file cannot be read.
    case credentials
    case httpStatus
    /// The forecaster does not know the workload.
    case noForecast
    /// The answer is not JSON, or not the JSON of the contract.
    case decode
    /// The query was refused or could not be evaluated.
    case query
    case resultType
    case empty
    case severalSamples
    case notFinite
    /// The answer was evaluated long ago.
    case outdated
    /// A snapshot that no lead window reaches.
    case outsideWindow
    /// No data source has the name that the feed gives.
    case undefined
    /// Not attempted: the data source is failing.
    case sourceFailing
    /// The data source takes too long for as many feeds as it has.
    case overloaded

    var label: String {
      switch self {
      case .http(let kind): kind.rawValue
      case .credentials: "credentials"
      case .httpStatus: "http_status"
      case .noForecast: "no_forecast"
      case .decode: "decode"
      case .query: "query"
      case .resultType: "result_type"
      case .empty: "empty"
      case .severalSamples: "several_samples"
      case .notFinite: "not_finite"
      case .outdated: "outdated"
      case .outsideWindow: "outside_window"
      case .undefined: "undefined"
      case .sourceFailing: "source_failing"
      case .overloaded: "overloaded"
      }
    }
  }

  /// What it means for a reading.
  var kind: Reading.Failure.Kind {
    switch reason {
    case .noForecast: .silent
    case .outsideWindow: .outside
    case .undefined, .query, .resultType, .empty, .severalSamples, .notFinite: .invalid
    case .decode, .httpStatus: concernsSource ? .lost : .invalid
    case .http, .credentials, .outdated, .sourceFailing, .overloaded: .lost
    }
  }

  init(_ reason: Reason, concernsSource: Bool = false, _ message: String) {
    self.reason = reason
    self.message = message
    self.concernsSource = concernsSource
  }

  /// A request that brought no answer is the source's trouble, but for an answer that is too
  /// large: that comes of one query.
  init(_ failure: HTTPFailure) {
    self.init(.http(failure.kind), concernsSource: failure.kind != .tooLarge, failure.message)
    duration = failure.duration
  }
}

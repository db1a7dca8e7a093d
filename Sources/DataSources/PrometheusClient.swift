internal import HTTPClient
internal import Scaling
internal import Time

/// How a Prometheus server, or anything that speaks its API, is asked for the value of an instant
/// query, and how its answers are read. Does no I/O.
enum PrometheusClient {
  /// The value of a query: finite.
  struct Sample: Hashable {
    var value: Double
    /// What the server remarks about the query.
    var warnings: [String]
    /// When the server evaluated it, by its own clock; nil when it does not say.
    var evaluatedAt: Instant?
  }

  /// What an answer says.
  enum Outcome: Hashable {
    case whole(Sample)
    /// The server calls the answer partial, for this reason: the value is at least this, or nil
    /// where it has none.
    case partial(atLeast: Double?, reason: String)
  }

  /// Of an instant query, after the address.
  static let path = "/api/v1/query"

  /// - Parameter now: by our own clock, for a server that wants the time in the request.
  static func request(
    promQL: String, from endpoint: SourceEndpoint, form: QueryForm = QueryForm(), now: Instant
  ) -> HTTPRequest {
    // As a number of seconds, because Prometheus does not read `1.5s`.
    let timeout = Double(endpoint.dataSource.timeout.milliseconds) / 1000
    var fields = ["query=\(PercentEncoding.encode(promQL))", "timeout=\(timeout)"]
    if form.givesTime { fields.append("time=\(Double(now.milliseconds) / 1000)") }
    return request(path, fields, form, from: endpoint)
  }

  /// - Parameter fields: With encoded values.
  static func request(
    _ path: String, _ fields: [String], _ form: QueryForm, from endpoint: SourceEndpoint
  ) -> HTTPRequest {
    let accept = HTTPField("Accept", "application/json")
    let given = endpoint.dataSource.parameters.sorted { $0.key < $1.key }
      .map { "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))" }
    let text = (fields + given).joined(separator: "&")
    guard form.method == .post else {
      return endpoint.request(form.method, "\(path)?\(text)", headers: [accept])
    }
    return endpoint.request(
      .post, path,
      headers: [accept, HTTPField("Content-Type", "application/x-www-form-urlencoded")],
      body: Array(text.utf8))
  }

  /// Asks whether there is a server that evaluates queries for us. Read as any other answer.
  static func probe(
    from endpoint: SourceEndpoint, form: QueryForm, now: Instant
  ) -> HTTPRequest {
    request(promQL: "vector(1)", from: endpoint, form: form, now: now)
  }

  /// Reads the answer to `request`.
  ///
  /// - Throws: for any answer but a scalar or a vector of exactly one sample with a finite value
  ///   (design section 1, "Prometheus").
  static func sample(
    in response: HTTPResponse, onEmpty: EmptyResult, from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> Outcome {
    let answer: PrometheusAnswer
    do {
      answer = try PrometheusAnswer(response.body, hiding: endpoint.secrets)
    } catch {
      guard response.status == 200 else { throw endpoint.failure(status: response, at: path) }
      let looksLikeJSON = response.body.first { $0 > 0x20 } == UInt8(ascii: "{")
      throw FetchFailure(
        .decode, concernsSource: !looksLikeJSON,
        "\(endpoint.asked(path)) answered something that is not a query result: \(error)")
    }
    guard response.status == 200, answer.status == "success" else {
      throw refusal(answer, response, at: path, from: endpoint)
    }
    if let reason = answer.partiality, !endpoint.dataSource.acceptsPartialAnswers {
      // An empty result of half of the data is no zero.
      return .partial(
        atLeast: try? value(of: answer, onEmpty: .error, from: endpoint),
        reason: "\(endpoint.shown) answered in part: \(reason)")
    }
    return .whole(
      Sample(
        value: try value(of: answer, onEmpty: onEmpty, from: endpoint), warnings: answer.warnings,
        evaluatedAt: answer.evaluatedAt.flatMap(Self.instant)))
  }

  /// Nil for a time that no clock shows.
  private static func instant(unixSeconds seconds: Double) -> Instant? {
    guard seconds > 0, seconds < 1e12 else { return nil }
    return Instant(milliseconds: Int64((seconds * 1000).rounded()))
  }

  /// What is wrong with the query or the data it meets, in Prometheus's own words; VictoriaMetrics
  /// has the status there.
  private static let errorsOfTheQuery: Set<String> = [
    "bad_data", "execution", "timeout", "canceled", "400", "422",
  ]

  /// The error type tells whether the query or the server is to blame.
  static func refusal(
    _ answer: PrometheusAnswer, _ response: HTTPResponse, at path: String,
    from endpoint: SourceEndpoint
  ) -> FetchFailure {
    let concernsQuery = response.status == 400 || response.status == 422
    guard let type = answer.errorType else {
      let failure = endpoint.failure(status: response, at: path)
      return answer.status == "error" && concernsQuery
        ? FetchFailure(.query, failure.message) : failure
    }
    let text = Excerpt.text(of: "\(type): \(answer.error ?? "")", hiding: endpoint.secrets)
    let message = "\(endpoint.asked(path)) answered HTTP \(response.status) \"\(text)\""
    guard !errorsOfTheQuery.contains(type), !concernsQuery else {
      return FetchFailure(.query, message)
    }
    return FetchFailure(.httpStatus, concernsSource: true, message)
  }

  private static func value(
    of answer: PrometheusAnswer, onEmpty: EmptyResult, from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> Double {
    switch answer.result {
    case .scalar(let text): return try number(text, from: endpoint)
    case .vector(let samples, let count):
      guard let first = samples.first else {
        switch onEmpty {
        case .zero: return 0
        case .error:
          throw FetchFailure(
            .empty,
            "the query has no result at \(endpoint.shown): check that its metrics exist, or set"
              + " onEmpty: zero if none means zero")
        }
      }
      guard count == 1 else {
        let labels = samples.map {
          Excerpt.text(of: $0.labels, length: 100, hiding: endpoint.secrets)
        }
        throw FetchFailure(
          .severalSamples,
          "the query has \(count) results, \(labels.joined(separator: " and "))"
            + (count > samples.count ? " among them" : "")
            + ", expected exactly one: wrap it in sum(...) or max(...)")
      }
      guard let text = first.value else {
        throw FetchFailure(
          .resultType, "the query has a native histogram as its result, expected a number")
      }
      return try number(text, from: endpoint)
    case .other(let type):
      throw FetchFailure(
        .resultType,
        "the query has a result of type "
          + "\"\(Excerpt.text(of: type, length: 40, hiding: endpoint.secrets))\", expected a"
          + " scalar or a vector of one sample")
    case nil:
      throw FetchFailure(.decode, "\(endpoint.asked(path)) answered without a result")
    }
  }

  private static func number(
    _ text: String, from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> Double {
    if ["NaN", "+Inf", "-Inf", "Inf"].contains(text) {
      throw FetchFailure(.notFinite, "the query's value is \(text), expected a finite number")
    }
    var reader = JSONReader(Array(text.utf8))
    guard !text.utf8.contains(where: { $0 <= 0x20 }), let value = try? reader.readDouble(),
      (try? reader.finish()) != nil
    else {
      throw FetchFailure(
        .decode,
        "\(endpoint.asked(path)) answered the value "
          + "\"\(Excerpt.text(of: text, length: 40, hiding: endpoint.secrets))\", expected a number"
      )
    }
    return value
  }
}

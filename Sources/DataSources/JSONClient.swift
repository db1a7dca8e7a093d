internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// How a data source of type `http` is asked, and how the number or the series is found in its answers.
/// Does no I/O.
enum JSONClient {
  static func request(
    _ query: JSONQuery, from endpoint: SourceEndpoint, now: Instant
  ) -> HTTPRequest {
    let parameters = endpoint.dataSource.parameters.sorted { $0.key < $1.key }.map { name, text in
      let value = (try? TimedText(text))?.filled(at: now) ?? text
      return "\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))"
    }
    var path = query.path.filled(at: now)
    if !parameters.isEmpty { path += "?" + parameters.joined(separator: "&") }
    var headers = [HTTPField("Accept", "application/json")]
    if query.body != nil { headers.append(HTTPField("Content-Type", query.contentType)) }
    // A POST without a body says that it has none.
    let body = query.body?.filled(at: now) ?? (query.isPost ? "" : nil)
    return endpoint.request(
      query.isPost ? .post : .get, path, headers: headers, body: body.map { Array($0.utf8) })
  }

  /// Asks whether there is a server at all.
  static func probe(from endpoint: SourceEndpoint) -> HTTPRequest {
    endpoint.request(.get, "")
  }

  /// - Throws: for an answer that lets expect no others: the server has trouble, or refuses all requests.
  static func checkProbe(
    _ response: HTTPResponse, from endpoint: SourceEndpoint
  ) throws(FetchFailure) {
    guard response.status < 500, ![401, 403, 407, 429].contains(response.status) else {
      throw endpoint.failure(status: response, at: "")
    }
  }

  // MARK: Answers

  /// Reads the number in the answer to `request`: a JSON number, or a text that is one.
  static func sample(
    in response: HTTPResponse, of query: JSONQuery, onEmpty: EmptyResult,
    from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> PrometheusClient.Sample {
    PrometheusClient.Sample(
      value: try number(in: response, of: query, onEmpty: onEmpty, from: endpoint), warnings: [],
      evaluatedAt: nil)
  }

  private static func number(
    in response: HTTPResponse, of query: JSONQuery, onEmpty: EmptyResult,
    from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> Double {
    let asked = asked(query, endpoint)
    let (range, kind): (Range<Int>, JSONReader.Kind)
    switch try place(in: response, of: query, from: endpoint) {
    case .value(_, .null): return try empty("it is null", query, onEmpty, asked)
    case .pastEnd(let reason): return try empty(reason, query, onEmpty, asked)
    case .nowhere(let reason):
      throw FetchFailure(.resultType, "\(asked) answered no number at \(query.shown): \(reason)")
    case .value(let found, let what): (range, kind) = (found, what)
    }
    var reader = JSONReader(Array(response.body[range]), hiding: endpoint.secrets)
    switch kind {
    case .number:
      if let value = try? reader.readDouble() { return value }
    case .string:
      if let text = try? reader.readString() { return try value(of: text, query, asked, endpoint) }
    case .object, .array, .bool, .null, .other: break
    }
    throw FetchFailure(
      .resultType,
      "\(asked) answered \(kind.words) at \(query.shown), expected a number, or a text that is one")
  }

  private static func value(
    of text: String, _ query: JSONQuery, _ asked: String, _ endpoint: SourceEndpoint
  ) throws(FetchFailure) -> Double {
    var reader = JSONReader(Array(text.utf8))
    if !text.utf8.contains(where: { $0 <= 0x20 }), let value = try? reader.readDouble(),
      (try? reader.finish()) != nil
    {
      return value
    }
    let isNotFinite = ["nan", "inf", "infinity"].contains(
      text.lowercased().drop { "+-".contains($0) })
    throw FetchFailure(
      isNotFinite ? .notFinite : .resultType,
      "\(asked) answered the text \"\(Excerpt.text(of: text, length: 40, hiding: endpoint.secrets))\""
        + " at \(query.shown), expected a number, or a text that is one")
  }

  private static func empty(
    _ reason: String, _ query: JSONQuery, _ onEmpty: EmptyResult, _ asked: String
  ) throws(FetchFailure) -> Double {
    guard onEmpty == .error else { return 0 }
    throw FetchFailure(
      .empty,
      "\(asked) answered no number at \(query.shown): \(reason); set onEmpty: zero if none means"
        + " zero")
  }

  /// Reads the series in the answer to `request`: an object as a forecaster answers it.
  static func forecast(
    in response: HTTPResponse, of query: JSONQuery, loads: Bool, from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> ForecasterClient.Forecast {
    let asked = asked(query, endpoint)
    switch try place(in: response, of: query, from: endpoint) {
    case .value(let range, .object):
      do {
        let series = try ForecasterClient.snapshot(
          in: Array(response.body[range]), workload: nil, loads: loads, hiding: endpoint.secrets
        ).series
        return ForecasterClient.Forecast(series: series, isStale: false)
      } catch {
        throw FetchFailure(
          .decode, "\(asked) answered a forecast at \(query.shown) that cannot be used: \(error)")
      }
    case .value(_, let kind):
      throw FetchFailure(
        .resultType,
        "\(asked) answered \(kind.words) at \(query.shown), expected an object with generatedAt,"
          + " stepSeconds and \(loads ? "values" : "desiredReplicas")")
    case .pastEnd(let reason), .nowhere(let reason):
      throw FetchFailure(.resultType, "\(asked) answered no forecast at \(query.shown): \(reason)")
    }
  }

  private static func place(
    in response: HTTPResponse, of query: JSONQuery, from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> JSONPlace {
    guard (200...299).contains(response.status) else {
      var failure = endpoint.failure(status: response, at: query.path.text)
      // What is wrong with one request is not the source's trouble.
      failure.concernsSource = ![400, 404, 422].contains(response.status)
      throw failure
    }
    var reader = JSONReader(response.body, hiding: endpoint.secrets)
    do {
      return try JSONPlace(query.pointer, in: &reader)
    } catch {
      let looksLikeJSON = response.body.first { $0 > 0x20 }.map { "{[".utf8.contains($0) } ?? false
      throw FetchFailure(
        .decode, concernsSource: !looksLikeJSON,
        "\(asked(query, endpoint)) answered something that is not JSON: \(error)")
    }
  }

  private static func asked(_ query: JSONQuery, _ endpoint: SourceEndpoint) -> String {
    endpoint.asked(query.path.text)
  }
}

extension JSONQuery {
  /// Where the answer is looked at, for people.
  fileprivate var shown: String { pointer.shown(pointer.steps.count) }
}

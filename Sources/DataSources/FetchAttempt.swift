internal import HTTPClient
internal import Scaling
internal import Time

/// One fetch: one request, or a few of a query whose form the server refuses.
struct FetchAttempt {
  let target: FetchTarget
  let endpoint: SourceEndpoint
  private(set) var form: QueryForm
  /// The forms that this fetch has tried in vain, and the answers.
  private var refusals: [(form: QueryForm, answer: HTTPResponse)] = []

  /// - Parameter form: Of a query, what has succeeded before.
  init(_ target: FetchTarget, form: QueryForm, from endpoint: SourceEndpoint) {
    self.target = target
    self.form = form
    self.endpoint = endpoint
  }

  /// - Parameter now: by the wall clock, for a server that wants the time in the request.
  func request(now: Instant) -> HTTPRequest {
    target.request(from: endpoint, form: form, now: now)
  }

  /// Takes up a form that was not tried yet, if the answer calls for one.
  mutating func changesForm(after response: HTTPResponse) -> Bool {
    guard target.sourceKey.kind == .prometheus, let other = form.alternative(after: response),
      !refusals.contains(where: { $0.form == other })
    else { return false }
    refusals.append((form, response))
    form = other
    return true
  }

  /// Adds to a failure what the forms before the last were answered.
  ///
  /// - Parameter answer: To the last form; nil for none.
  func explained(_ failure: FetchFailure, answer: HTTPResponse? = nil) -> FetchFailure {
    guard !refusals.isEmpty else { return failure }
    var failure = failure
    let others = refusals.map { "; by \($0.form.text) \(endpoint.status(of: $0.answer))" }
    failure.message += " (by \(form.text)\(others.joined()))"
    if answer?.status == 403, refusals.allSatisfy({ $0.answer.status == 403 }) {
      failure.message += ": do the credentials allow queries?"
    }
    return failure
  }
}

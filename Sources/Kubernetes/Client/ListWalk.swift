/// A whole collection, as of one resourceVersion.
package struct ObjectList: Sendable {
  package var items: [KubernetesObject] = []
  /// Where a watch goes on.
  package var resourceVersion = ""

  /// As client-go asks for.
  package static let pageSize = 500

  package init() {}
}

/// Reads a collection page by page.
///
/// Confined to its client's loop.
package final class ListWalk {
  private let client: KubernetesClient
  private let path: ResourcePath
  private let selector: String?
  /// 0 for all at once.
  private var pageSize: Int
  private var restarts = 0
  private var continueToken: String?
  private var list = ObjectList()
  private var ticket: APITicket?
  private let completion: KubernetesClient.Completion<ObjectList>

  /// How often a list is restarted whose continue token has expired.
  private static let maximumRestarts = 2

  init(
    client: KubernetesClient, path: ResourcePath, selector: String?, pageSize: Int,
    completion: @escaping KubernetesClient.Completion<ObjectList>
  ) {
    self.client = client
    self.path = path
    self.selector = selector
    self.pageSize = pageSize
    self.completion = completion
  }

  /// Ends it; the completion is not called.
  package func cancel() {
    ticket?.cancel()
    ticket = nil
  }

  func next() {
    var call = APICall(.list, path)
    if let selector { call.query.append(("labelSelector", selector)) }
    if pageSize > 0 { call.query.append(("limit", String(pageSize))) }
    if let continueToken { call.query.append(("continue", continueToken)) }
    ticket = client.send(call) { [self] result in
      switch result {
      case .success(let page): take(page)
      case .failure(let failure): failed(failure)
      }
    }
  }

  private func take(_ page: JSONValue) {
    let metadata = page["metadata"]
    guard let version = metadata?["resourceVersion"]?.text,
      let kind = page["kind"]?.text, kind.hasSuffix("List")
    else {
      return completion(
        .failure(
          KubernetesFailure(
            kind: .malformed,
            message: "could not list \(path.shown): the answer is no list with a"
              + " resourceVersion")))
    }
    // Items of a typed list leave out what the list says of them.
    let apiVersion = page["apiVersion"]
    let itemKind = JSONValue.string(String(kind.dropLast("List".count)))
    list.items += (page["items"]?.elements ?? []).map { item in
      var item = item
      if item["apiVersion"] == nil { item.set("apiVersion", apiVersion) }
      if item["kind"] == nil { item.set("kind", itemKind) }
      return KubernetesObject(item)
    }
    list.resourceVersion = version
    if let token = metadata?["continue"]?.text, !token.isEmpty {
      continueToken = token
      next()
    } else {
      ticket = nil
      completion(.success(list))
    }
  }

  private func failed(_ failure: KubernetesFailure) {
    guard failure.kind == .expired, continueToken != nil, restarts < Self.maximumRestarts else {
      ticket = nil
      return completion(.failure(failure))
    }
    restarts += 1
    if restarts == Self.maximumRestarts { pageSize = 0 }
    continueToken = nil
    list = ObjectList()
    next()
  }
}

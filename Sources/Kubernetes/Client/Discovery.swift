internal import EventLoop

/// Finds the resource of a kind: its path, whether it has a scale.
///
/// What the server said of a group and version is kept. A kind that is not in it may have been
/// installed since, so it is asked for again, but not more often than once in `refreshInterval`.
///
/// Confined to its client's loop.
package final class Discovery {
  private unowned let client: KubernetesClient
  private var groups: [String: Group] = [:]
  private var waiting: [String: [Waiter]] = [:]

  static let refreshInterval = Duration.seconds(10)

  private struct Group {
    var resources: [APIResource]
    var askedAt: Duration
  }

  private struct Waiter {
    let kind: GroupVersionKind
    let completion: KubernetesClient.Completion<APIResource>
  }

  init(client: KubernetesClient) {
    self.client = client
  }

  /// - Parameter completion: Called at once where the answer is known, else later on the loop. A
  ///   kind that the server does not know is `.unknownResource`.
  package func find(
    _ kind: GroupVersionKind, completion: @escaping KubernetesClient.Completion<APIResource>
  ) {
    if let group = groups[kind.apiVersion] {
      if let resource = group.resources.first(where: { $0.kind == kind.kind }) {
        return completion(.success(resource))
      }
      if client.loop.now - group.askedAt < Self.refreshInterval {
        return completion(.failure(Self.unknown(kind, among: group.resources)))
      }
    }
    waiting[kind.apiVersion, default: []].append(Waiter(kind: kind, completion: completion))
    guard waiting[kind.apiVersion]?.count == 1 else { return }
    ask(kind.apiVersion)
  }

  private func ask(_ apiVersion: String) {
    let prefix = apiVersion.contains("/") ? "/apis/" : "/api/"
    client.send(APICall(address: prefix + apiVersion)) { [weak self] result in
      self?.answered(result, for: apiVersion)
    }
  }

  private func answered(_ result: Result<JSONValue, KubernetesFailure>, for apiVersion: String) {
    var failure: KubernetesFailure?
    switch result {
    case .success(let list):
      groups[apiVersion] = Group(
        resources: Self.resources(of: list, apiVersion: apiVersion), askedAt: client.loop.now)
    case .failure(let error) where error.kind == .unknownResource || error.kind == .notFound:
      groups[apiVersion] = Group(resources: [], askedAt: client.loop.now)
    case .failure(let error):
      failure = error
    }
    for waiter in waiting.removeValue(forKey: apiVersion) ?? [] {
      if let failure {
        waiter.completion(.failure(failure))
      } else if let found = groups[apiVersion]?.resources.first(where: {
        $0.kind == waiter.kind.kind
      }) {
        waiter.completion(.success(found))
      } else {
        let known = groups[apiVersion]?.resources ?? []
        waiter.completion(.failure(Self.unknown(waiter.kind, among: known)))
      }
    }
  }

  static func unknown(
    _ kind: GroupVersionKind, among resources: [APIResource]
  ) -> KubernetesFailure {
    let written = kind.kind.lowercased()
    let meant = resources.first { $0.name == written || $0.kind.lowercased() == written }
    let message =
      meant.map { "\(kind.apiVersion) has no kind \(kind.kind): did you mean \($0.kind)?" }
      ?? "the API server knows no kind \(kind): is its CRD installed?"
    return KubernetesFailure(kind: .unknownResource, message: message, status: 404)
  }

  /// Reads an APIResourceList, in which a subresource stands as `deployments/scale`.
  static func resources(of list: JSONValue, apiVersion: String) -> [APIResource] {
    let entries = list["resources"]?.elements ?? []
    var subresources: [String: Set<String>] = [:]
    for entry in entries {
      let parts = (entry["name"]?.text ?? "").split(separator: "/", maxSplits: 1)
      guard parts.count == 2 else { continue }
      subresources[String(parts[0]), default: []].insert(String(parts[1]))
    }
    return entries.compactMap { entry in
      guard let name = entry["name"]?.text, !name.contains("/"), let kind = entry["kind"]?.text
      else { return nil }
      return APIResource(
        apiVersion: apiVersion, kind: kind, name: name,
        isNamespaced: entry["namespaced"]?.bool ?? true, subresources: subresources[name] ?? [])
    }
  }
}

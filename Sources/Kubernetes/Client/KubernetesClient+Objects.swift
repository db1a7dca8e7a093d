/// The calls by what they are for.
extension KubernetesClient {
  /// Finds the resource of a kind; see `Discovery`.
  package func resource(
    of kind: GroupVersionKind, completion: @escaping Completion<APIResource>
  ) {
    discovery.find(kind, completion: completion)
  }

  @discardableResult
  package func get(
    _ path: ResourcePath, completion: @escaping Completion<KubernetesObject>
  ) -> APITicket {
    send(APICall(.get, path)) { completion($0.map(KubernetesObject.init)) }
  }

  /// Reads an object's metadata, once and with `managedFields`: who has set which of its fields.
  @discardableResult
  package func managers(
    of path: ResourcePath, deadline: Duration, completion: @escaping Completion<KubernetesObject>
  ) -> APITicket {
    var call = APICall(.get, path, deadline: deadline)
    call.isOfManagers = true
    call.repeats = false
    return send(call) { completion($0.map(KubernetesObject.init)) }
  }

  @discardableResult
  package func create(
    _ object: JSONValue, in path: ResourcePath, deadline: Duration? = nil, repeats: Bool = true,
    completion: @escaping Completion<KubernetesObject>
  ) -> APITicket {
    var call = APICall(.create, path, body: object, deadline: deadline)
    call.repeats = repeats
    return send(call) { completion($0.map(KubernetesObject.init)) }
  }

  /// Replaces an object, if it still has the resourceVersion that `object` says.
  @discardableResult
  package func update(
    _ object: JSONValue, at path: ResourcePath, deadline: Duration? = nil, repeats: Bool = true,
    completion: @escaping Completion<KubernetesObject>
  ) -> APITicket {
    var call = APICall(.update, path, body: object, deadline: deadline)
    call.repeats = repeats
    return send(call) { completion($0.map(KubernetesObject.init)) }
  }

  /// Changes the members that the patch names (RFC 7386).
  ///
  /// - Parameter repeats: Whether failures that may pass are tried again.
  @discardableResult
  package func mergePatch(
    _ patch: JSONValue, at path: ResourcePath, dryRun: Bool = false, deadline: Duration? = nil,
    repeats: Bool = true, completion: @escaping Completion<KubernetesObject>
  ) -> APITicket {
    var call = APICall(.patch, path, body: patch, deadline: deadline)
    call.repeats = repeats
    call.isDryRun = dryRun
    return send(call) { completion($0.map(KubernetesObject.init)) }
  }

  /// Deletes an object. One that is gone already is a success.
  @discardableResult
  package func delete(
    _ path: ResourcePath, deadline: Duration? = nil, completion: @escaping Completion<Void>
  ) -> APITicket {
    send(APICall(.delete, path, deadline: deadline)) { result in
      switch result {
      case .success: completion(.success(()))
      case .failure(let failure) where failure.kind == .notFound: completion(.success(()))
      case .failure(let failure): completion(.failure(failure))
      }
    }
  }

  // MARK: Scale

  /// The scale of an object of any resource that has one.
  @discardableResult
  package func scale(
    of target: ObjectKey, _ resource: APIResource, completion: @escaping Completion<Scale>
  ) -> APITicket {
    send(APICall(.get, Self.scalePath(of: target, resource))) {
      completion($0.flatMap(Scale.decode))
    }
  }

  /// Sets the count of replicas.
  ///
  /// - Parameters:
  ///   - resourceVersion: The scale's; the patch then fails with `.conflict` where the object has
  ///     changed since. Nil to write whatever has happened.
  ///   - dryRun: The server checks, and changes nothing.
  ///   - repeats: Whether failures that may pass are tried again.
  @discardableResult
  package func setReplicas(
    _ replicas: Int, of target: ObjectKey, _ resource: APIResource,
    resourceVersion: String? = nil, dryRun: Bool = false, repeats: Bool = true,
    completion: @escaping Completion<Scale>
  ) -> APITicket {
    var patch: JSONValue = ["spec": ["replicas": .integer(replicas)]]
    if let resourceVersion {
      patch.set("metadata", ["resourceVersion": .string(resourceVersion)])
    }
    var call = APICall(.patch, Self.scalePath(of: target, resource), body: patch)
    call.isDryRun = dryRun
    call.repeats = repeats
    return send(call) { completion($0.flatMap(Scale.decode)) }
  }

  private static func scalePath(of target: ObjectKey, _ resource: APIResource) -> ResourcePath {
    ResourcePath(
      resource, namespace: target.namespace, name: target.name, subresource: "scale")
  }

  // MARK: Lists

  /// Reads a whole collection, page by page.
  ///
  /// A continue token that has expired in between (410) begins the list again; the second time it is
  /// read without pages, which no expiry can interrupt.
  ///
  /// - Parameters:
  ///   - namespace: Nil for all.
  ///   - selector: A label selector; nil for all.
  /// - Returns: what cancels it.
  @discardableResult
  package func list(
    _ resource: APIResource, namespace: String?, selector: String? = nil,
    pageSize: Int = ObjectList.pageSize, completion: @escaping Completion<ObjectList>
  ) -> ListWalk {
    let walk = ListWalk(
      client: self, path: ResourcePath(resource, namespace: namespace), selector: selector,
      pageSize: pageSize, completion: completion)
    walk.next()
    return walk
  }

  // MARK: Watch

  /// Hears of every change after a resourceVersion.
  ///
  /// - Parameters:
  ///   - selector: A label selector; nil for all.
  ///   - limit: After which the server shall end the watch.
  ///   - patience: After which a watch whose answer has not begun has failed.
  ///   - silence: After which a watch without any event has failed. A server that sends bookmarks
  ///     does so about once a minute.
  ///   - onEvent: Called on the loop for each event; may cancel the watch.
  ///   - completion: The end of it: success when the server ended it, as it does after `limit`.
  package func watch(
    _ resource: APIResource, namespace: String?, selector: String? = nil,
    from resourceVersion: String, limit: Duration, patience: Duration, silence: Duration,
    onEvent: @escaping (WatchEvent) -> Void,
    completion: @escaping Completion<Void>
  ) -> APITicket {
    var call = APICall(.watch, ResourcePath(resource, namespace: namespace), deadline: patience)
    call.query = [
      ("watch", "1"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
      ("timeoutSeconds", String(max(1, limit.components.seconds))),
    ]
    if let selector { call.query.append(("labelSelector", selector)) }
    let decoder = WatchDecoder(call)
    var ticket: APITicket?
    let started = stream(
      call, silence: silence,
      onPiece: { bytes in
        for event in decoder.decode(bytes) {
          guard ticket?.isCancelled != true else { return }
          onEvent(event)
        }
      }, completion: completion)
    ticket = started
    return started
  }
}

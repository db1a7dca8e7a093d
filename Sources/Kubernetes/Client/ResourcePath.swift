internal import HTTPClient

/// The kind of object that a manifest names.
package struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
  /// `group/version`, or `v1` for the core group.
  package var apiVersion: String
  package var kind: String

  package init(apiVersion: String, kind: String) {
    self.apiVersion = apiVersion
    self.kind = kind
  }

  package var description: String { "\(kind) (\(apiVersion))" }
}

/// A resource of the API server: what discovery finds for a kind.
package struct APIResource: Hashable, Sendable {
  /// `group/version`, or `v1` for the core group.
  package var apiVersion: String
  package var kind: String
  /// In the plural, such as `deployments`.
  package var name: String
  package var isNamespaced: Bool
  /// Such as `scale` and `status`.
  package var subresources: Set<String>

  package init(
    apiVersion: String, kind: String, name: String, isNamespaced: Bool = true,
    subresources: Set<String> = []
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.isNamespaced = isNamespaced
    self.subresources = subresources
  }

  package var hasScale: Bool { subresources.contains("scale") }
  package var hasStatus: Bool { subresources.contains("status") }

  /// Empty for the core group.
  package var group: String {
    apiVersion.firstIndex(of: "/").map { String(apiVersion[..<$0]) } ?? ""
  }

  /// As RBAC and error messages name it: `deployments.apps`.
  package var qualifiedName: String { group.isEmpty ? name : "\(name).\(group)" }

  package static let leases = APIResource(
    apiVersion: "coordination.k8s.io/v1", kind: "Lease", name: "leases")
  package static let events = APIResource(
    apiVersion: "events.k8s.io/v1", kind: "Event", name: "events")
  package static let services = APIResource(apiVersion: "v1", kind: "Service", name: "services")
  package static let endpointSlices = APIResource(
    apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", name: "endpointslices")
  package static let elastiServices = APIResource(
    apiVersion: "elasti.truefoundry.com/v1alpha1", kind: "ElastiService", name: "elastiservices")
}

/// What a request is about.
package struct ResourcePath: Hashable, Sendable {
  package var resource: APIResource
  /// Nil for all namespaces, or for a resource of the cluster.
  package var namespace: String?
  /// Nil for the collection.
  package var name: String?
  package var subresource: String?

  package init(
    _ resource: APIResource, namespace: String?, name: String? = nil, subresource: String? = nil
  ) {
    self.resource = resource
    self.namespace = resource.isNamespaced ? namespace : nil
    self.name = name
    self.subresource = subresource
  }

  /// Percent-encoded, beginning with `/`.
  package var path: String {
    let version = resource.apiVersion
    var parts = version.contains("/") ? ["apis", version] : ["api", version]
    if let namespace { parts += ["namespaces", PercentEncoding.encode(namespace)] }
    parts.append(resource.name)
    if let name { parts.append(PercentEncoding.encode(name)) }
    if let subresource { parts.append(subresource) }
    return "/" + parts.joined(separator: "/")
  }

  /// For people, such as `deployments.apps default/checkout`.
  package var shown: String {
    let kind = resource.qualifiedName
    let resource = subresource.map { "\(kind)/\($0)" } ?? kind
    switch (namespace, name) {
    case (let namespace?, let name?): return "\(resource) \(namespace)/\(name)"
    case (nil, let name?): return "\(resource) \(name)"
    case (let namespace?, nil): return "\(resource) in the namespace \(namespace)"
    case (nil, nil): return "\(resource) in all namespaces"
    }
  }
}

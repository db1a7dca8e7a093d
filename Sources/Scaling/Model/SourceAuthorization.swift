/// What lets the requests of a data source in, beside a token or a password in a file: something that
/// is handed out for a while, or a signature.
package enum SourceAuthorization: Hashable, Sendable {
  case oauth2(OAuth2)
  case aws(AWS)
  case google(Google)
  case azure(Azure)

  /// The client credentials grant (RFC 6749, section 4.4).
  package struct OAuth2: Hashable, Sendable {
    package var tokenURL: String
    package var clientID: String
    package var clientSecretFile: String
    package var scopes: [String] = []
    /// Sent to the token endpoint too, such as an audience.
    package var parameters: [String: String] = [:]
    /// Whether id and secret stand in the body, and not in a header.
    package var inBody = false
    /// PEM bundle for the token endpoint; nil for the system's.
    package var caFile: String?

    package init(tokenURL: String, clientID: String, clientSecretFile: String) {
      self.tokenURL = tokenURL
      self.clientID = clientID
      self.clientSecretFile = clientSecretFile
    }
  }

  /// Signature Version 4.
  package struct AWS: Hashable, Sendable {
    /// Such as `aps` or `monitoring`.
    package var service: String
    /// Nil for that of the environment.
    package var region: String?
    /// In the form of `~/.aws/credentials`; nil for what the environment names.
    package var credentialsFile: String?
    /// In that file.
    package var profile = "default"

    package init(service: String) {
      self.service = service
    }
  }

  package struct Google: Hashable, Sendable {
    /// JSON; nil for the metadata server.
    package var serviceAccountFile: String?
    package var scopes: [String]

    package init(scopes: [String] = Defaults.googleScopes) {
      self.scopes = scopes
    }
  }

  /// Workload identity: a token of Kubernetes is exchanged for one of Entra ID.
  package struct Azure: Hashable, Sendable {
    package var scope: String
    /// Nil for that of the environment, like the others.
    package var tenantID: String?
    package var clientID: String?
    package var federatedTokenFile: String?

    package init(scope: String = Defaults.azureScope) {
      self.scope = scope
    }
  }

  package enum Defaults {
    /// Of Google Cloud Managed Service for Prometheus.
    package static let googleScopes = ["https://www.googleapis.com/auth/monitoring.read"]
    /// Of Azure Monitor's managed Prometheus.
    package static let azureScope = "https://prometheus.monitor.azure.com/.default"
    /// Of Amazon Managed Service for Prometheus.
    package static let awsService = "aps"
  }
}

internal import Scaling

extension DataSource {
  /// What lets its requests in; nil where they have all that they need.
  func authority(_ environment: CloudEnvironment) -> (any RequestAuthority)? {
    switch authorization {
    case nil: nil
    case .oauth2(let oauth2):
      TokenAuthority(ClientCredentialsGrant(oauth2, of: self))
    case .aws(let aws): AWSAuthority(aws, environment: environment, of: self)
    case .google(let google): TokenAuthority(grant(google, environment))
    case .azure(let azure):
      TokenAuthority(FederatedTokenGrant(azure, environment: environment, of: self))
    }
  }

  private func grant(
    _ google: SourceAuthorization.Google, _ environment: CloudEnvironment
  ) -> any TokenGrant {
    guard let file = google.serviceAccountFile else {
      return MetadataGrant(scopes: google.scopes, environment: environment, of: self)
    }
    return ServiceAccountGrant(file: file, scopes: google.scopes, of: self)
  }
}

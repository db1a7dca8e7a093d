internal import Scaling

/// What one fetch is for.
enum FetchTarget: Hashable {
  case feed(Feed)
  /// Finds out whether a data source answers that no one wants anything from at the moment.
  case probe(DataSourceKey)

  var sourceKey: DataSourceKey {
    switch self {
    case .feed(let feed): feed.sourceKey
    case .probe(let key): key
    }
  }

  /// How it is asked for; nil for as the data source says.
  var options: RequestOptions? {
    guard case .feed(let feed) = self else { return nil }
    return feed.options
  }
}

internal import Scaling

/// What one fetch is for.
enum FetchTarget: Hashable {
  case feed(Feed)
  /// Finds out whether a data source answers that nobody wants anything from at the moment.
  case probe(DataSourceKey)

  var sourceKey: DataSourceKey {
    switch self {
    case .feed(let feed): feed.sourceKey
    case .probe(let key): key
    }
  }
}

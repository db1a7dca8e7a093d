internal import Scaling
internal import Time

/// Joins the files into one catalogue, and checks what crosses their borders: names that are
/// defined twice, and data sources and calendars that are not defined at all.
///
/// A file that fails a check falls back on its last good content, which may take away or bring back
/// a data source of others; so the files are joined again until none fails any more. Every round
/// but the last sends at least one file back, and none returns.
struct ManifestResolution {
  private(set) var catalog = Catalog()
  let files: [ManifestFile]
  private let builtIn: [DataSource]
  private let assumed: Set<DataSourceKey>
  /// What is known of the calendars, by their names.
  let contents: [ResourceName: CalendarContent]
  /// With what, and as of when, rules that name calendars are looked at; nil where they are not.
  var audit: (audits: ScheduleAudits, now: Instant)?
  /// What the checks across files found, for the files that fail them.
  private var findings: [Int: [Diagnostic]] = [:]
  /// Where every name is defined.
  private var owners: [Name: Owner] = [:]
  /// Where names stand in broken files of which nothing is in force: what they define would count, if it
  /// could be read.
  private var doubtful: [Name: Owner] = [:]

  private enum Name: Hashable {
    /// Of whatever kind: two policies of one name would both answer the ScaledObject of that name.
    case policy(ResourceName)
    case dataSource(DataSourceKey)
    case calendar(ResourceName)
  }

  private struct Owner {
    /// Nil for a data source that a flag defines.
    var file: Int?
    var position: SourcePosition
    /// What kind of manifest defines it: `ScalingRule`.
    var kind: String

    /// Stands for no one where a name is new.
    static let none = Owner(file: nil, position: .start, kind: "")
  }

  init(
    files: [ManifestFile], builtIn: [DataSource], assumed: Set<DataSourceKey>,
    calendars: [ResourceName: CalendarContent] = [:]
  ) {
    self.files = files
    self.builtIn = builtIn
    self.assumed = assumed
    contents = calendars
  }

  /// Builds the catalogue.
  mutating func resolve() {
    repeat {
      define()
    } while checkReferences()
  }

  /// Whether the file is used with its present content.
  func isAccepted(file: Int) -> Bool {
    files[file].current.isGood && findings[file] == nil
  }

  /// Everything that is wrong with the files, in their order, and by position within each.
  var diagnostics: [Diagnostic] {
    let shared = sharedServices()
    var calendars = calendarFindings()
    calendars.merge(calendarContradictions()) { $0 + $1 }
    return files.indices.flatMap { index in
      let found = (findings[index] ?? []) + (shared[index] ?? []) + (calendars[index] ?? [])
      guard !found.isEmpty else { return files[index].current.diagnostics }
      return (files[index].current.diagnostics + found).sorted {
        ($0.position ?? .start) < ($1.position ?? .start)
      }
    }
  }

  /// The first error of a file that is not used with its present content; nil for one that is.
  func error(ofFile index: Int) -> Diagnostic? {
    guard !isAccepted(file: index) else { return nil }
    return (files[index].current.diagnostics + (findings[index] ?? []))
      .first { $0.severity == .error }
  }

  var heldFiles: [String] {
    files.indices.filter { !isAccepted(file: $0) && files[$0].lastGood != nil }
      .map { files[$0].path }
  }

  /// The first error of each file that is used with its last good content.
  var heldErrors: [String] {
    files.indices.filter { files[$0].lastGood != nil }
      .compactMap { error(ofFile: $0)?.description }
  }

  // MARK: - Duplicate names

  private mutating func define() {
    catalog = Catalog()
    owners = [:]
    doubtful = [:]
    let count = files.reduce(0) { $0 + $1.current.objects.count }
    catalog.policies.reserveCapacity(count)
    owners.reserveCapacity(count + builtIn.count)
    for source in builtIn where owners[.dataSource(source.key)] == nil {
      owners[.dataSource(source.key)] = Owner(file: nil, position: .start, kind: "DataSource")
      catalog.dataSources[source.key] = source
    }
    for index in files.indices {
      if isAccepted(file: index) {
        let duplicates = claimNames(in: index)
        if duplicates.isEmpty {
          for object in files[index].current.objects { define(object) }
          continue
        }
        findings[index] = duplicates
      }
      doubt(file: index)
      // The names that are taken stay with their owner.
      for object in files[index].lastGood ?? [] where claim(object, in: index) == nil {
        define(object)
      }
    }
  }

  private mutating func define(_ object: ManifestObject) {
    switch object.content {
    case .policy(let policy): catalog.policies[policy.value.name] = resolved(policy, of: object)
    case .dataSource(let source): catalog.dataSources[source.key] = source
    case .calendar(let source): catalog.calendars[source.name] = source
    }
    for source in object.ownSources { catalog.dataSources[source.key] = source }
  }

  /// With what the calendars say that it names.
  private func resolved(_ policy: Shared<Policy>, of object: ManifestObject) -> Shared<Policy> {
    guard !object.calendars.isEmpty else { return policy }
    return Shared(
      policy.value.resolvingCalendars(events(in: policy.value.name.namespace)))
  }

  /// Another file that defines the same names must not take the place of one that cannot be used: it is
  /// refused as it would be beside the good one, and what was good of it stays.
  private mutating func doubt(file: Int) {
    guard !files[file].isObject, !files[file].current.isGood, files[file].lastGood == nil
    else { return }
    for object in files[file].current.objects where owners[name(of: object)] == nil {
      let owner = Owner(file: file, position: object.position, kind: object.kindName)
      doubtful[name(of: object)] = doubtful[name(of: object)] ?? owner
    }
  }

  /// Makes the file the owner of all its names, or, if some have an owner, of none.
  ///
  /// - Returns: An error for each that has.
  private mutating func claimNames(in file: Int) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for object in files[file].current.objects {
      let doubt = doubtful[name(of: object)]
      guard let owner = claim(object, in: file) ?? doubt else { continue }
      found.append(
        error(
          describe(name(of: object), ofKind: object.kindName) + " is already defined "
            + (owner.kind == object.kindName ? "" : "as a \(owner.kind) ")
            + "\(describe(owner))\(doubt == nil ? "" : ", in a file that has an error");"
            + " names are unique", in: file, at: object.position))
    }
    guard !found.isEmpty else { return [] }
    for object in files[file].current.objects where owners[name(of: object)]?.file == file {
      owners[name(of: object)] = nil
    }
    return found
  }

  /// Makes the file the owner of the object's name unless it has one.
  ///
  /// - Returns: Who that is.
  private mutating func claim(_ object: ManifestObject, in file: Int) -> Owner? {
    // One look-up for both: with 100,000 policies each takes a hundredth of a second.
    func enter(_ owner: inout Owner) -> Owner? {
      guard owner.kind.isEmpty else { return owner }
      owner = Owner(file: file, position: object.position, kind: object.kindName)
      return nil
    }
    return enter(&owners[name(of: object), default: .none])
  }

  private func name(of object: ManifestObject) -> Name {
    switch object.content {
    case .policy(let policy): .policy(policy.value.name)
    case .dataSource(let source): .dataSource(source.key)
    case .calendar(let source): .calendar(source.name)
    }
  }

  private func describe(_ name: Name, ofKind kind: String) -> String {
    switch name {
    case .policy(let name), .calendar(let name): "the \(kind) \(name)"
    case .dataSource(let key): "the DataSource \(key.name) of type \(key.kind.rawValue)"
    }
  }

  private func describe(_ owner: Owner) -> String {
    guard let file = owner.file else { return "by a flag" }
    return "at \(files[file].path):\(owner.position)"
  }

  // MARK: - Shared services

  /// A warning for each policy whose Kubernetes Service another one names, too: a wake-up for the
  /// Service wakes the first of them by name, and no other.
  private func sharedServices() -> [Int: [Diagnostic]] {
    var users: [ResourceName: [(file: Int, position: SourcePosition, policy: ResourceName)]] = [:]
    for index in files.indices where isAccepted(file: index) {
      for object in files[index].current.objects {
        guard case .policy(let policy) = object.content,
          let service = policy.value.activity?.service
        else { continue }
        let name = policy.value.name
        users[ResourceName(namespace: name.namespace, name: service), default: []]
          .append((index, object.position, name))
      }
    }
    var found: [Int: [Diagnostic]] = [:]
    for (service, users) in users where users.count > 1 {
      guard let woken = users.map(\.policy).min() else { continue }
      for user in users where user.policy != woken {
        found[user.file, default: []].append(
          Diagnostic(
            severity: .warning, file: files[user.file].path, position: user.position,
            message:
              "the service \(service.name) is that of \(woken), too, which alone is woken for"
              + " it; give each policy a service of its own"))
      }
    }
    return found
  }

  // MARK: - Unknown data sources and calendars

  /// Sends back every file that names a data source or a calendar which is not defined.
  ///
  /// - Returns: Whether there was one.
  private mutating func checkReferences() -> Bool {
    var found: [Int: [Diagnostic]] = [:]
    for index in files.indices where isAccepted(file: index) {
      let objects = files[index].current.objects
      let unknown = objects.flatMap(\.references).filter { !isDefined($0) }
      let calendars = objects.flatMap(\.calendars).filter {
        catalog.calendar(named: $0.name, in: $0.namespace) == nil
      }
      guard !unknown.isEmpty || !calendars.isEmpty else { continue }
      found[index] =
        unknown.map { error(describe($0), in: index, at: $0.position) }
        + calendars.map { error(describe($0), in: index, at: $0.position) }
    }
    findings.merge(found) { first, _ in first }
    return !found.isEmpty
  }

  private func isDefined(_ reference: SourceReference) -> Bool {
    let key = DataSourceKey(kind: reference.kind, name: ResourceName(name: reference.name))
    return assumed.contains(key)
      || catalog.dataSource(reference.kind, named: reference.name, in: reference.namespace) != nil
  }

  private func describe(_ reference: SourceReference) -> String {
    let problem =
      "\(reference.path): there is no DataSource \(reference.name) "
      + "of type \(reference.kind.rawValue)"
    let names = catalog.dataSources.keys.filter {
      $0.kind == reference.kind
        && ($0.name.namespace == nil || $0.name.namespace == reference.namespace)
    }.map(\.name.name).sorted()
    if let nearest = Suggestion.nearest(to: reference.name, among: names) {
      return "\(problem); did you mean \(nearest)?"
    }
    let others = catalog.dataSources.keys.filter { $0.name.name == reference.name }.sorted()
    if let other = others.first(where: { $0.kind != reference.kind }) {
      return "\(problem); the one of that name is of type \(other.kind.rawValue)"
    }
    if let other = others.first, let namespace = other.name.namespace {
      return "\(problem) in its namespace or without one; there is one in \(namespace)"
    }
    if reference.name == "default", let flag = flag(of: reference.kind) {
      return "\(problem); define it, or start Headstart with --\(flag)"
    }
    return names.isEmpty
      ? "\(problem), nor any other; define it with kind: DataSource"
      : "\(problem); known are \(names.joined(separator: ", "))"
  }

  private func flag(of kind: DataSource.Kind) -> String? {
    switch kind {
    case .forecaster: "forecaster-url"
    case .prometheus: "prometheus-url"
    case .http: nil
    }
  }

  private func error(
    _ message: String, in file: Int, at position: SourcePosition
  ) -> Diagnostic {
    Diagnostic(severity: .error, file: files[file].path, position: position, message: message)
  }
}

internal import Scaling
internal import Time

/// Makes a schedule of a CronHorizontalPodAutoscaler, whose jobs each set a size that stays until the
/// next job.
///
/// A rule begins with a job and ends with the one that follows it. Which one follows is looked up in
/// the coming year; jobs that no pairs of cron schedules can say are named and left out. A job with a
/// date is a rule from then to the job that follows it, and `excludeDates` are exceptions of the rules.
struct CronHPAImport {
  let zones: any TimeZoneDatabase
  /// The controller's own; the object does not say.
  let timeZone: String
  let now: Instant

  private struct Job {
    let name: String
    let text: String
    let schedule: CronSchedule
    let size: Int
  }

  /// A year, and a leap day.
  private static let horizon = Duration.seconds(367 * 86_400)
  /// Of all jobs together: one every five minutes.
  private static let mostStarts = 110_000

  func fill(_ policy: inout ImportedPolicy, from object: ImportNode) {
    let spec = object["spec"]
    guard let zone = zones.timeZone(named: timeZone) else { return }
    var dated: [DatedJob] = []
    let jobs = (spec?["jobs"]?.items ?? []).enumerated().compactMap { index, job in
      self.job(job, "jobs[\(index)]", &policy, dated: &dated, in: zone)
    }
    if spec?["jobs"]?.items.isEmpty ?? true { policy.losses.append("it has no jobs") }
    guard !jobs.isEmpty || !dated.isEmpty else { return }
    if spec?["scaleTargetRef"]?["kind"]?.text == "HorizontalPodAutoscaler" {
      policy.losses.append(
        "its scaleTargetRef is an HPA, whose minimum and maximum replicas the jobs set: name the workload "
          + "here and in the ScaledObject, and write limits and metrics of the HPA into the policy")
    }
    policy.proposals.append(
      "times are in \(timeZone), the zone of the controller that ran them as far as import knows; "
        + "set timeZone to the zone that is meant")
    guard let pairs = pairs(of: jobs, in: zone) else {
      policy.losses.append(
        "the jobs \(jobs.map(\.name).joined(separator: ", ")) do not follow each other in one order: "
          + "write them as rules with days, start and end")
      return
    }
    let sizes = jobs.map(\.size) + dated.map(\.size)
    let least = jobs.map(\.size).min() ?? 0
    policy.minReplicas = jobs.isEmpty ? 0 : sizes.min()
    policy.maxReplicas = sizes.max()
    let excluded = excluded(spec?["excludeDates"], pairs, least: least, in: zone, &policy)
    let except =
      excluded.texts.isEmpty ? "" : ", except: [\(excluded.texts.joined(separator: ", "))]"
    var lines = ["timeZone: \(ImportText.quoted(timeZone))", "default: \(least)", "rules:"]
    for (job, next) in pairs where job.size != least {
      lines.append(
        "  - {name: \(ImportText.quoted(job.name)), cron: {start: \(ImportText.quoted(job.text)), "
          + "end: \(ImportText.quoted(next.text))}, replicas: \(job.size)\(except)}")
    }
    lines += rules(of: dated, among: jobs, excluded.exceptions, in: zone)
    policy.append("schedule", lines.last == "rules:" ? Array(lines.dropLast()) : lines)
  }

  private func job(
    _ node: ImportNode, _ place: String, _ policy: inout ImportedPolicy, dated: inout [DatedJob],
    in zone: any TimeZoneRules
  ) -> Job? {
    let name = node["name"]?.text ?? place
    guard let text = node["schedule"]?.text, let size = node["targetSize"]?.integer, size >= 0
    else {
      policy.losses.append("\(place) has no schedule and targetSize that can be read")
      return nil
    }
    if let at = DatedJob.instant(text, in: zone), at > now {
      dated.append(DatedJob(name: name, at: at, size: size))
      return nil
    }
    guard node["runOnce"]?.text != "true", !text.hasPrefix("@date") else {
      policy.losses.append(
        "\(place), \(name), runs once (\(text)), and may be over: write a rule with from and to")
      return nil
    }
    var fields = text.split(separator: " ").map(String.init)
    if fields.count == 6 {
      guard Int(fields[0]) == 0 else {
        policy.losses.append(
          "\(place), \(name), starts at the second \(fields[0]); schedules are in whole minutes")
        return nil
      }
      fields.removeFirst()
    }
    let five = fields.joined(separator: " ")
    do {
      return Job(name: name, text: five, schedule: try CronSchedule(text: five), size: size)
    } catch {
      policy.losses.append("\(place), \(name): \(error)")
      return nil
    }
  }

  // MARK: Dates

  /// The days without jobs, where exceptions of the rules say the same: a size that would be kept over
  /// such a day they cannot say.
  private func excluded(
    _ node: ImportNode?, _ pairs: [(job: Job, next: Job)], least: Int, in zone: any TimeZoneRules,
    _ policy: inout ImportedPolicy
  ) -> ExcludedDates {
    guard let node, !node.items.isEmpty else { return ExcludedDates() }
    var dates = ExcludedDates()
    let isUnderstood = node.items.allSatisfy { $0.text.map { dates.add($0) } ?? false }
    if isUnderstood, agree(pairs, least: least, without: dates.exceptions, in: zone) {
      return dates
    }
    policy.losses.append(
      "excludeDates \(node.json): add a rule of a higher priority for these days")
    return ExcludedDates()
  }

  /// Whether rules with these exceptions ask at every instant of the coming year for the size of the job
  /// that ran last.
  private func agree(
    _ pairs: [(job: Job, next: Job)], least: Int, without exceptions: DateExceptions,
    in zone: any TimeZoneRules
  ) -> Bool {
    guard let order = order(of: pairs.map(\.job), in: zone) else { return false }
    var conditions = DateConditions()
    conditions.except = exceptions
    let ran = order.filter { !exceptions.contains(zone.date(at: $0.at)) }
    guard let first = ran.first, let last = ran.last, first.at < last.at else { return false }
    let rules = pairs.filter { $0.job.size != least }.map { job, next in
      ScheduleRule(
        name: job.name, replicas: job.size,
        cron: try? CronWindow(start: job.text, end: next.text), conditions: conditions)
    }
    let schedule = Schedule(timeZone: timeZone, defaultReplicas: least, rules: rules)
    guard let steps = try? schedule.timeline(from: first.at, to: last.at, zones: zones).steps else {
      return false
    }
    var wanted: [(at: Instant, size: Int)] = []
    for (at, job) in ran.dropLast() where wanted.last?.size != pairs[job].job.size {
      wanted.append((at, pairs[job].job.size))
    }
    let found = steps.reduce(into: [(at: Instant, size: Int)]()) { found, step in
      if found.last?.size != step.replicas { found.append((step.start, step.replicas)) }
    }
    return found.elementsEqual(wanted) { $0 == $1 }
  }

  /// A rule for each job with a date, up to the job that follows it.
  private func rules(
    of dated: [DatedJob], among jobs: [Job], _ exceptions: DateExceptions,
    in zone: any TimeZoneRules
  ) -> [String] {
    dated.filter { !exceptions.contains(zone.date(at: $0.at)) }.map { one in
      let others = dated.map(\.at).filter { $0 > one.at }
      let starts = jobs.compactMap { start(of: $0, after: one.at, exceptions, in: zone) }
      let next = (starts + others).min()
      let to = next.map { ", to: \(ImportText.quoted($0.rfc3339))" } ?? ""
      let from = ImportText.quoted(one.at.rfc3339)
      return
        "  - {name: \(ImportText.quoted(one.name)), from: \(from)\(to), replicas: \(one.size), "
        + "priority: 100}"
    }
  }

  /// The first start after an instant on a day that is not excluded.
  private func start(
    of job: Job, after instant: Instant, _ exceptions: DateExceptions, in zone: any TimeZoneRules
  ) -> Instant? {
    let end = instant.advanced(by: Self.horizon)
    var start = job.schedule.firstStart(after: instant, in: zone)
    while let at = start, at < end, exceptions.contains(zone.date(at: at)) {
      start = job.schedule.firstStart(after: at, in: zone)
    }
    return start
  }

  // MARK: Order

  /// Each job with the one that ends it; nil where KEDA's rule of two schedules cannot say that.
  private func pairs(
    of jobs: [Job], in zone: any TimeZoneRules
  ) -> [(job: Job, next: Job)]? {
    guard jobs.count > 1 else { return [] }
    guard let order = order(of: jobs, in: zone) else { return nil }
    var nexts: [Int: Int] = [:]
    for (first, second) in zip(order, order.dropFirst()) where first.job != second.job {
      // Two at once: the last one would win, by chance.
      guard first.at < second.at else { return nil }
      if let known = nexts[first.job], known != second.job { return nil }
      nexts[first.job] = second.job
    }
    guard nexts.count == jobs.count, agree(jobs, nexts, order, in: zone) else { return nil }
    return nexts.sorted { $0.key < $1.key }.map { (jobs[$0.key], jobs[$0.value]) }
  }

  /// All starts of the coming year; nil for too many.
  private func order(
    of jobs: [Job], in zone: any TimeZoneRules
  ) -> [(at: Instant, job: Int)]? {
    var order: [(at: Instant, job: Int)] = []
    let end = now.advanced(by: Self.horizon)
    for (index, job) in jobs.enumerated() {
      var at = now
      while let start = job.schedule.firstStart(after: at, in: zone), start <= end {
        order.append((start, index))
        at = start
        guard order.count < Self.mostStarts else { return nil }
      }
    }
    return order.sorted { ($0.at, $0.job) < ($1.at, $1.job) }
  }

  /// Whether the rules ask from every start to the next for the size of the job that started.
  private func agree(
    _ jobs: [Job], _ nexts: [Int: Int], _ order: [(at: Instant, job: Int)],
    in zone: any TimeZoneRules
  ) -> Bool {
    for (index, next) in nexts {
      guard let window = try? CronWindow(start: jobs[index].text, end: jobs[next].text) else {
        return false
      }
      // After the last start nothing is known of the order any more.
      for (at, job) in order.dropLast()
      where window.state(at: at, in: zone).isActive != (job == index) {
        return false
      }
    }
    return true
  }
}

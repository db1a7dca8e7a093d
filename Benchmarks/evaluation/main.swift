internal import CivilTime
internal import Glibc
internal import Scaling
// How long a decision takes, for scripts/bench: 100,000 policies with one schedule of 20 rules each,
// decided one after the other, each timed by itself.
//
//   evaluation POLICIES ORDER
//
// ORDER is `memory`, as after a reload, or `shuffled`, which no cache likes. Prints JSON: policies, rules,
// the decisions that were timed, and in nanoseconds p50, p99, the mean of a pass without a clock, and what
// reading the clock twice takes, which p50 and p99 include. The sum of all replicas keeps the compiler
// honest, and is the same in every run.
internal import Time

struct Bench {
  let rules = 20
  let start = Instant(milliseconds: 1_795_680_000_000)  // 2026-11-26T08:00:00Z
  let leadTime = Duration.seconds(600)
  var policies: [Policy] = []
  var readings: [[SignalReading]] = []
  var order: [Int] = []

  init(count: Int, isShuffled: Bool) throws {
    let zones = CCTZDatabase()
    let end = start.advanced(by: .seconds(7 * 3600))
    for number in 0..<count {
      let schedule = Schedule(
        timeZone: "Europe/Paris", defaultReplicas: number % 3, rules: rules(of: number))
      policies.append(
        Policy(
          name: ResourceName(namespace: "default", name: "workload-\(number)"), leadTime: leadTime,
          limits: ReplicaLimits(minReplicas: 1, maxReplicas: 100),
          signals: [Signal(name: "calendar", kind: .schedule(schedule))]))
      // As the engine does it: once, and again when the end is near.
      readings.append([.schedule(try schedule.timeline(from: start, to: end, zones: zones))])
    }
    guard isShuffled else {
      order = Array(0..<count)
      return
    }
    // A step that shares no factor with the count visits all of them.
    var step = 61_803 % count | 1
    while greatestCommonDivisor(step, count) != 1 { step += 2 }
    order = (0..<count).map { $0 * step % count }
  }

  /// Different for each policy, so that none can be shared.
  private func rules(of policy: Int) -> [ScheduleRule] {
    (0..<rules).map { rule in
      let minutes = (policy * 7 + rule * 67) % 1380
      return ScheduleRule(
        name: "rule \(rule)", days: rule % 3 == 0 ? [.thursday, .friday] : [],
        start: TimeOfDay(minutes: minutes) ?? .startOfDay,
        end: TimeOfDay(minutes: minutes + 45 + rule) ?? .endOfDay,
        replicas: 1 + (policy + rule * 5) % 40, priority: rule % 4)
    }
  }

  private func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    second == 0 ? first : greatestCommonDivisor(second, first % second)
  }

  func decide(_ index: Int, at now: Instant) -> Int {
    let decision = Evaluator.decide(
      policies[index], readings: readings[index], memory: Decision.Memory(), at: now)
    return decision.replicas ?? 0
  }
}

func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

guard CommandLine.arguments.count == 3, let count = Int(CommandLine.arguments[1]), count > 1,
  ["memory", "shuffled"].contains(CommandLine.arguments[2])
else {
  print("usage: evaluation POLICIES memory|shuffled")
  exit(2)
}
let bench = try Bench(count: count, isShuffled: CommandLine.arguments[2] == "shuffled")
var sum = 0
var times: [UInt64] = []
times.reserveCapacity(4 * count)
var clock: [UInt64] = []
for hour in 0..<5 {
  let now = bench.start.advanced(by: .seconds(hour * 3600 + 60))
  for index in bench.order {
    let before = nanoseconds()
    sum += bench.decide(index, at: now)
    let after = nanoseconds()
    // The first pass touches everything for the first time.
    if hour > 0 { times.append(after - before) }
  }
}
for _ in 0..<10_000 {
  let before = nanoseconds()
  clock.append(nanoseconds() - before)
}
let begun = nanoseconds()
for index in bench.order { sum += bench.decide(index, at: bench.start) }
let mean = (nanoseconds() - begun) / UInt64(count)
times.sort()
clock.sort()
print(
  "{\"policies\": \(count), \"rules\": \(bench.rules), \"decisions\": \(times.count), "
    + "\"p50\": \(times[times.count / 2]), \"p99\": \(times[times.count * 99 / 100]), "
    + "\"mean\": \(mean), \"clock\": \(clock[clock.count / 2]), \"sum\": \(sum)}")

/// The control groups of this process, which can bound its processor time.
///
/// See `cgroups(7)`, the kernel's `cgroup-v2.rst` for `cpu.max`, and `sched-bwc.rst` for version 1.
enum ControlGroups {
  private static let root = "/sys/fs/cgroup"

  /// The processor time that the groups allow in a second, rounded up; `nil` for any.
  static var processorLimit: Int? { processorLimit(readingBy: SystemFile.text) }

  /// Returns the limit of the process's groups and all that these are in; the lowest counts.
  ///
  /// - Parameter read: Returns the text of a file; `nil` if there is none.
  static func processorLimit(readingBy read: (String) -> String?) -> Int? {
    let memberships = (read("/proc/self/cgroup") ?? "").split(separator: "\n")
    return memberships.compactMap { membership in
      // The number of a hierarchy, its controllers, and the group's path.
      let fields = membership.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return nil }
      return folders(ofPath: fields[2]).compactMap { folder in
        if fields[1].isEmpty { return read("\(root)\(folder)/cpu.max").flatMap(limit) }
        guard fields[1].split(separator: ",").contains("cpu") else { return nil }
        let group = "\(root)/\(fields[1])\(folder)"
        guard let quota = read("\(group)/cpu.cfs_quota_us"), let period = read("\(group)/cpu.cfs_period_us") else {
          return nil
        }
        return limit("\(quota) \(period)")
      }.min()
    }.min()
  }

  /// Returns the folders of a group and of all that it is in.
  ///
  /// A container may see its groups below their own root, with a path that names the host's folders. Those are missing,
  /// and the root is the container's.
  private static func folders(ofPath path: Substring) -> [String] {
    let names = path.split(separator: "/").filter { $0 != ".." }
    return (0...names.count).map { count in names.prefix(count).map { "/\($0)" }.joined() }
  }

  /// Returns the number of processors for a quota and the period that it is for, `max` or -1 for no quota.
  private static func limit(_ text: String) -> Int? {
    let numbers = text.split(whereSeparator: \.isWhitespace).map { Int($0) }
    guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0 else { return nil }
    return quota / period + (quota % period == 0 ? 0 : 1)
  }
}

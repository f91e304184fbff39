import Testing

@testable import CoreGRPC

@Suite("Control groups")
struct ControlGroupTests {
  private func limit(_ membership: String, _ files: [String: String]) -> Int? {
    ControlGroups.processorLimit { path in
      path == "/proc/self/cgroup" ? membership : files[path.replacing("/sys/fs/cgroup", with: "", maxReplacements: 1)]
    }
  }

  @Test("A quota of version 2 is rounded up to processors", arguments: [("150000", 2), ("200000", 2), ("1000", 1)])
  func version2(quota: String, count: Int) {
    #expect(limit("0::/\n", ["/cpu.max": "\(quota) 100000\n"]) == count)
  }

  @Test("The lowest quota of a group and those around it counts")
  func nested() {
    let files = ["/cpu.max": "max 100000\n", "/a/cpu.max": "300000 100000\n", "/a/b/cpu.max": "800000 100000\n"]
    #expect(limit("0::/a/b\n", files) == 3)
    #expect(limit("0::/\n", files) == nil)
    #expect(limit("0::/a/b/c\n", ["/a/b/c/cpu.max": "100000 100000\n"]) == 1)
  }

  @Test("A path from outside the container's root leads to the root")
  func container() {
    #expect(limit("0::/../../other\n", ["/cpu.max": "400000 100000\n"]) == 4)
    let files = ["/cpu/cpu.cfs_quota_us": "250000\n", "/cpu/cpu.cfs_period_us": "100000\n"]
    #expect(limit("1:cpu:/docker/0123\n", files) == 3)
  }

  @Test("Version 1 has the quota in the hierarchy with the controller of processors")
  func version1() {
    let membership = "3:cpuset:/x\n2:cpu,cpuacct:/x\n0::/\n"
    let quota = "/cpu,cpuacct/x/cpu.cfs_quota_us", period = "/cpu,cpuacct/x/cpu.cfs_period_us"
    #expect(limit(membership, [quota: "500000\n", period: "100000\n"]) == 5)
    #expect(limit(membership, [quota: "-1\n", period: "100000\n"]) == nil)
  }

  @Test(
    "A file that cannot be read sets no limit",
    arguments: ["", "x", "max", "max 100000", "0 100000", "100000 0", "-1 100000", "99999999999999999999 1"]
  )
  func unreadable(text: String) {
    #expect(limit("0::/\n", ["/cpu.max": text]) == nil)
    #expect(limit(text, ["/cpu.max": "100000 100000"]) == nil)
  }
}

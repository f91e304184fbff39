/// The content of all strings and bytes of one message, numbered.
///
/// The first few are kept inline, so that most messages take no heap allocation.
struct ContentList: ~Copyable {
  private var firstFew = InlineArray<4, Content?>(repeating: nil)
  private var others: [Content] = []
  private(set) var count = 0

  mutating func append(_ content: Content) {
    if count < firstFew.count {
      firstFew[count] = content
    } else {
      others.append(content)
    }
    count += 1
  }

  subscript(index: Int) -> Content? {
    index < firstFew.count ? firstFew[index] : others[index - firstFew.count]
  }
}

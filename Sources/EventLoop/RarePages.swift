internal import CUV

/// Gives back the pages of programs and libraries that are needed rarely: by starting (relocation,
/// symbols, the libraries' own initialization, flags) and by reading manifests.
///
/// An idle process may have 20 MB resident (docs/internals/performance.md). Two policies take 22 MB
/// without this, of which 19.6 MB are such pages, and 5 to 9 MB with it. The pages stay in the page
/// cache and are mapped again at a touch, in microseconds.
package enum RarePages {
  /// To be called after such work. From any thread.
  package static func giveBack() {
    cuv_give_back_file_pages()
  }
}

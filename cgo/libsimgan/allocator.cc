#include "allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <map>
#include <mutex>
#include <unordered_map>

#include "guard.h"

namespace {

constexpr size_t kLarge = 256 << 10;  // malloc reuses smaller blocks itself
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kAlwaysKept = 256 << 20;

// Keeps freed blocks for requests of the same rounded size. All blocks together stay below twice the largest amount
// that was ever in use at once, or below kAlwaysKept.
class CachingAllocator final : public at::Allocator {
 public:
  at::DataPtr allocate(size_t n) override {
    void *p = n < kLarge ? c10::alloc_cpu(n) : take(rounded(n));
    return {p, p, &release, at::Device(at::kCPU)};
  }
  at::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *dest, const void *src, size_t count) const override { default_copy_data(dest, src, count); }

 private:
  std::mutex mutex_;
  std::unordered_map<void *, size_t> used_;  // large blocks in use
  std::multimap<size_t, void *> kept_;       // freed blocks
  size_t used_bytes_ = 0, kept_bytes_ = 0, most_used_ = 0;

  // Rounds up to whole huge pages from 2 MiB on, else to 4 KiB pages, so that similar sizes share their blocks.
  static size_t rounded(size_t n) {
    const size_t page = n >= kHugePage ? kHugePage : 4096;
    TORCH_CHECK(n <= SIZE_MAX - page, "can't allocate memory: ", n, " bytes");
    return (n + page - 1) / page * page;
  }

  void *take(size_t n) {
    std::lock_guard<std::mutex> lock(mutex_);
    void *p = nullptr;
    if (auto found = kept_.find(n); found != kept_.end()) {
      p = found->second;
      kept_.erase(found);
      kept_bytes_ -= n;
    } else {
      p = map(n);
    }
    used_[p] = n;
    used_bytes_ += n;
    most_used_ = std::max(most_used_, used_bytes_);
    return p;
  }

  void *map(size_t n) {
    if (used_bytes_ + kept_bytes_ + n > std::max(2 * most_used_, kAlwaysKept)) drop();
    void *p = mmap(nullptr, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
      drop();
      p = mmap(nullptr, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    TORCH_CHECK(p != MAP_FAILED, "can't allocate memory: ", n, " bytes");
    if (n >= kHugePage) madvise(p, n, MADV_HUGEPAGE);
    return p;
  }

  void drop() {
    for (auto &[n, p] : kept_) munmap(p, n);
    kept_.clear();
    kept_bytes_ = 0;
  }

  void give_back(void *p) {
    std::unique_lock<std::mutex> lock(mutex_);
    auto found = used_.find(p);
    if (found == used_.end()) {
      lock.unlock();
      c10::free_cpu(p);
      return;
    }
    kept_.emplace(found->second, p);
    kept_bytes_ += found->second;
    used_bytes_ -= found->second;
    used_.erase(found);
  }

  static void release(void *p) { instance().give_back(p); }

 public:
  // Never destroyed, because tensors of static objects are freed after main.
  static CachingAllocator &instance() {
    static auto *allocator = new CachingAllocator;
    return *allocator;
  }
};

}  // namespace

char *sg_cache_memory(void) {
  return sg::guard([] { c10::SetCPUAllocator(&CachingAllocator::instance(), /*priority=*/255); });
}

// Builds cuDNN's plans on the host, in several threads, and loads what was built. This file includes no torch: plans.cc
// uses it without a GPU, fused.cc on one.
#pragma once
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "plans.h"

namespace sg {

// A plan with its compiled kernel. It can be kept in a file and loaded later, which compiles nothing.
struct Built {
  std::string name;           // of the engine and its knobs
  std::vector<uint8_t> code;  // empty: it could not be built
  std::string why;            // why not
};

inline Built build(fe::graph::Graph &g, int64_t index) {
  Built b;
  auto e = g.get_plan_name_at_index(index, b.name);
  if (e.is_good()) e = g.build_plan_at_index(index);
  if (e.is_good()) e = g.serialize(b.code, /*serialize_structure=*/false);
  if (e.is_bad()) b = {b.name, {}, e.get_message()};
  return b;
}

// Builds all plans of a graph. list lists them in an empty graph; each thread has its own graph, because building
// changes it.
template <class List>
std::vector<Built> build_all(const List &list, int64_t threads) {
  fe::graph::Graph first;
  list(first);
  std::vector<Built> all(first.get_execution_plan_count());
  std::atomic<size_t> next = 0;
  const auto work = [&](fe::graph::Graph &g) {
    for (size_t i; (i = next++) < all.size();) all[i] = build(g, static_cast<int64_t>(i));
  };
  std::vector<std::thread> others;
  for (int64_t t = 1; t < std::min<int64_t>(threads, all.size()); t++)
    others.emplace_back([&] {
      try {
        fe::graph::Graph g;
        list(g);
        work(g);
      } catch (const std::exception &) {  // the first thread builds all that is left
      }
    });
  work(first);
  for (auto &t : others) t.join();
  return all;
}

// Loads a plan that was built here or in another process. A handle is needed if g has no device properties.
inline void load(fe::graph::Graph &g, const std::vector<uint8_t> &code, cudnnHandle_t handle) {
  good(handle ? g.deserialize(handle, code, /*enforce_precompiled=*/true, /*run_warmup=*/false)
              : g.deserialize(code, /*enforce_precompiled=*/true));
}

}  // namespace sg

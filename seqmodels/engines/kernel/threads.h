// A few threads that wait for work, so that no step pays for starting them.
#pragma once

#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace seqmodels {

class Threads {
 public:
  // Calls work(0) ... work(parts - 1), each on a thread of its own, and waits for all.
  static void run(int parts, const std::function<void(int)>& work) {
    if (parts <= 1) {
      if (parts == 1) work(0);
      return;
    }
    // A child of fork has no threads: it gets new ones, and the old ones' memory is left alone.
    static std::mutex one;
    static Threads* threads = nullptr;
    static pid_t owner = 0;
    std::lock_guard<std::mutex> hold(one);  // two ops at once take turns
    if (!threads || owner != getpid()) {
      threads = new Threads;  // never freed: threads may outlive the statics of the process
      owner = getpid();
    }
    threads->share(parts, work);
  }

 private:
  void share(int parts, const std::function<void(int)>& work) {
    {
      std::lock_guard<std::mutex> hold(lock_);
      while (static_cast<int>(count_) < parts - 1) {
        std::thread(&Threads::wait, this, static_cast<int>(++count_), round_).detach();
      }
      work_ = &work;
      parts_ = parts;
      left_ = parts - 1;
      ++round_;
    }
    wake_.notify_all();
    work(0);
    std::unique_lock<std::mutex> hold(lock_);
    done_.wait(hold, [this] { return left_ == 0; });
  }

  void wait(int number, long seen) {
    std::unique_lock<std::mutex> hold(lock_);
    for (;;) {
      wake_.wait(hold, [&] { return round_ != seen; });
      seen = round_;
      if (number >= parts_) continue;
      const auto* work = work_;
      hold.unlock();
      (*work)(number);
      hold.lock();
      if (--left_ == 0) done_.notify_one();
    }
  }

  std::mutex lock_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* work_ = nullptr;
  int parts_ = 0, left_ = 0, count_ = 0;
  long round_ = 0;
};

}  // namespace seqmodels

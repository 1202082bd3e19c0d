// What a run is checked for holds at any speed, and mostly it waits for a process to start: two of them use two cores better than one.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

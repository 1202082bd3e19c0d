// One server and one load at a time: two of them would only share the same cores, and a limit of time would measure the other one.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

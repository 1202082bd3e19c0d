using Tidings.Browser.Tests;

[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(Firefox))]
[assembly: AssemblyFixture(typeof(SharedShowcases))]
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

using Tidings.Browser.Tests;

[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(Firefox))]
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

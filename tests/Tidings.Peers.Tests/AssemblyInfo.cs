using Tidings.Peers.Tests;

[assembly: AssemblyFixture(typeof(MovedHub))]

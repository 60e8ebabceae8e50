using System.Diagnostics;
using StableRep.Engine.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// The steps of one phase: the optimizer on flat parameters, a moving average, checkpoints, resume and reports. What a step computes comes
/// from the replicas and must depend on the step's number alone, so that a resumed run repeats an uninterrupted one bit by bit.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    private const int ReportEvery = 20;

    private readonly string _name;
    private readonly TrainingPhaseRecipe _recipe;
    private readonly CheckpointStore _store;
    private readonly IRunObserver _observer;
    private readonly IReadOnlyList<Replica> _replicas;
    private readonly FlatParameters[] _all;
    private readonly FlatParameters _parameters;
    private readonly ReplicaThreads _threads;
    private readonly Optimizer _optimizer;

    /// <param name="name">The phase's name, for files and messages.</param>
    /// <param name="recipe">Its hyper-parameters.</param>
    /// <param name="emaDecay">The decay of the averaged weights.</param>
    /// <param name="replicas">Equal models, each of which computes a share of every batch; the first is the one that is kept.</param>
    /// <param name="store">Where checkpoints go.</param>
    /// <param name="observer">Told of everything.</param>
    public TrainingLoop(
        string name, TrainingPhaseRecipe recipe, double emaDecay, IReadOnlyList<Replica> replicas, CheckpointStore store, IRunObserver observer)
    {
        (_name, _recipe, _replicas, _store, _observer) = (name, recipe, replicas, store, observer);
        _all = [.. replicas.Select(replica => new FlatParameters(replica.Parameters))];
        _parameters = _all[0];
        _threads = new ReplicaThreads(replicas.Count);
        _optimizer = new Optimizer(_parameters, new OptimizerOptions { Beta2 = 0.99, WeightDecay = recipe.WeightDecay, Muon = recipe.Muon }, replicas.Count);
        Average = new ExponentialMovingAverage(_parameters, emaDecay);
    }

    /// <summary>The averaged weights, which are the result.</summary>
    private ExponentialMovingAverage Average { get; }

    /// <summary>Parameters in all.</summary>
    public long ParameterCount => _parameters.Slices.Sum(slice => slice.Length);

    /// <summary>Runs from the newest checkpoint (or the beginning) to the last step.</summary>
    /// <param name="report">Called with the step's number after each checkpoint, with the averaged weights in the modules.</param>
    /// <param name="stop">Ends the loop after a checkpoint: the run's time is spent.</param>
    /// <param name="cancellationToken">Ends the loop at once; a later run continues from the last checkpoint.</param>
    /// <returns>The steps taken in all.</returns>
    public long Run(Action<long> report, Func<bool> stop, CancellationToken cancellationToken)
    {
        var step = Resume();
        Spread();
        var (watch, first, sum) = (Stopwatch.StartNew(), step, 0.0);
        while (step < _recipe.Steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (value, norm) = Step(step);
            step++;
            sum += value;
            if (step % ReportEvery == 0)
            {
                Report(step, sum / Math.Min(ReportEvery, step - first), norm, (step - first) / watch.Elapsed.TotalSeconds);
                sum = 0;
            }

            var last = step == _recipe.Steps || stop();
            if (last || step % _recipe.CheckpointEvery == 0)
            {
                Save(step);
                using (Average.Apply())
                {
                    report(step);
                }
            }

            if (last)
            {
                break;
            }
        }

        return step;
    }

    /// <summary>Leaves the averaged weights in the modules, for good: the loop cannot run any further.</summary>
    public void TakeAverage()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (slice, average) in _parameters.Slices.Zip(Average.Average().Values))
        {
            slice.Of(_parameters.Values).copy_(average);
        }
    }

    public void Dispose()
    {
        Average.Dispose();
        _optimizer.Dispose();
        _threads.Dispose();
        foreach (var parameters in _all)
        {
            parameters.Dispose();
        }
    }

    private (double Loss, double Norm) Step(long step)
    {
        var shares = new double[_all.Length];
        _threads.Run(replica =>
        {
            using var scope = NewDisposeScope();
            _all[replica].ZeroGradients();
            var loss = _replicas[replica].Loss(step);
            loss.backward();
            shares[replica] = loss.item<float>();
        });
        Gather();
        var number = shares.Sum();
        var norm = _parameters.ClipGradients(_recipe.GradientNorm);
        if (!double.IsFinite(number) || !double.IsFinite(norm))
        {
            throw new ArithmeticException(
                $"{_name}: the loss of step {step + 1} is {number} and its gradient {norm}. Lower {_name}_training.learning_rate " +
                $"({_recipe.LearningRate}) or raise its warmup_steps; --resume continues from the last checkpoint.");
        }

        _optimizer.Step(_recipe.RateAt(step), _threads.Run);
        Average.Update();
        Spread();
        return (number, norm);
    }

    /// <summary>Adds the other replicas' gradients to the first's.</summary>
    private void Gather()
    {
        using var noGrad = no_grad();
        foreach (var other in _all.Skip(1))
        {
            _parameters.Gradients.add_(other.Gradients);
        }
    }

    /// <summary>Gives the first replica's weights to the others.</summary>
    private void Spread()
    {
        using var noGrad = no_grad();
        foreach (var other in _all.Skip(1))
        {
            other.Values.copy_(_parameters.Values);
        }
    }

    private long Resume()
    {
        if (_store.Latest(problem => _observer.Log(RunLogLevel.Warning, problem)) is not { } checkpoint)
        {
            return 0;
        }

        using (var model = checkpoint.Open("model"))
        {
            _parameters.Load(model, _parameters.Values);
        }

        using (var optimizer = checkpoint.Open("optimizer"))
        {
            _optimizer.Load(optimizer);
        }

        using (var average = checkpoint.Open("average"))
        {
            Average.Load(average);
        }

        _observer.Log(RunLogLevel.Information, $"{_name}: continuing after step {checkpoint.Step}.");
        return checkpoint.Step;
    }

    private void Save(long step)
    {
        using var scope = NewDisposeScope();
        _store.Save(step, new { Phase = _name }, new Dictionary<string, IReadOnlyDictionary<string, Tensor>>
        {
            ["model"] = _parameters.Split(_parameters.Values),
            ["optimizer"] = _optimizer.Collect(),
            ["average"] = Average.Collect(),
        });
    }

    private void Report(long step, double loss, double norm, double stepsPerSecond)
    {
        _observer.Metric($"{_name}/loss", step, loss);
        _observer.Metric($"{_name}/gradient_norm", step, norm);
        _observer.Metric($"{_name}/learning_rate", step, _recipe.RateAt(step - 1));
        _observer.Metric($"{_name}/images_per_second", step, stepsPerSecond * _recipe.BatchSize);
        _observer.Progress(new RunProgress(_name, step, _recipe.Steps, "steps", TimeSpan.FromSeconds((_recipe.Steps - step) / stepsPerSecond)));
    }
}

/// <summary>One copy of the model that is trained.</summary>
/// <param name="Parameters">Its trainable parameters, named alike in every replica.</param>
/// <param name="Loss">Its share of the loss of a step: a scalar; the shares add up to the loss of the batch.</param>
internal sealed record Replica(IEnumerable<(string Name, Parameter Parameter)> Parameters, Func<long, Tensor> Loss);

/// <summary>Which part of each batch a replica computes.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Count">The number of replicas.</param>
internal readonly record struct BatchShare(int Index, int Count)
{
    /// <summary>The first example and the number of examples in a batch.</summary>
    public (int First, int Length) Of(int batchSize)
    {
        var first = Index * batchSize / Count;
        return (first, ((Index + 1) * batchSize / Count) - first);
    }
}

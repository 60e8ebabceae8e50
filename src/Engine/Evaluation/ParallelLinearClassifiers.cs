using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// All classifiers of a linear probe's grid as one weight of <c>[G, D, R * C]</c> (G kinds of normalisation, R rates, C classes), so that a step
/// of twenty classifiers is two batched matrix products. The gradient of the cross-entropy is written out: no graph is built.
/// </summary>
internal sealed class ParallelLinearClassifiers : IDisposable
{
    private const double BatchNormEpsilon = 1e-6;
    private const double BatchNormMomentum = 0.1;
    private const double LarsTrust = 0.001;
    private const long ScoresAtOnce = 1 << 25;

    private readonly LinearProbeOptions _options;
    private readonly bool[] _batchNorm;
    private readonly Tensor _rates;
    private readonly Tensor _weight;
    private readonly Tensor _bias;
    private readonly Tensor _weightVelocity;
    private readonly Tensor _biasVelocity;
    private readonly Tensor _runningMean;
    private readonly Tensor _runningVariance;

    public ParallelLinearClassifiers(int dimension, int classes, int batchSize, LinearProbeOptions options, Device device)
    {
        using var scope = NewDisposeScope();
        _options = options;
        _batchNorm = options.Normalization switch
        {
            ProbeNormalization.None => [false],
            ProbeNormalization.BatchNorm => [true],
            _ => [false, true],
        };
        (Dimension, Classes) = (dimension, classes);
        Classifiers = [.. from batchNorm in _batchNorm from rate in options.LearningRates select new LinearClassifier(rate, batchNorm)];

        var (groups, rates) = (_batchNorm.Length, options.LearningRates.Count);
        using var generator = new Generator((ulong)options.Seed, new Device(TorchSharp.DeviceType.CPU));
        // Every classifier starts from the same weights, so that only its rate and its normalisation tell it apart.
        var initial = empty(dimension, 1, classes).normal_(0, 0.01, generator);
        _weight = Keep(initial.expand(groups, dimension, rates, classes).contiguous().to(device));
        _bias = Keep(zeros([groups, rates, classes], device: device));
        _weightVelocity = Keep(zeros_like(_weight));
        _biasVelocity = Keep(zeros_like(_bias));
        _runningMean = Keep(zeros([dimension], device: device));
        _runningVariance = Keep(ones([dimension], device: device));
        var scaled = options.LearningRates.Select(rate => (float)(rate * batchSize / 256)).ToArray();
        _rates = Keep(tensor(scaled, device: device).reshape(1, rates, 1));
    }

    /// <summary>The classifiers: those without batch norm first, each group in the order of the rates.</summary>
    public IReadOnlyList<LinearClassifier> Classifiers { get; }

    private int Dimension { get; }

    private int Classes { get; }

    /// <summary>One step of SGD of every classifier.</summary>
    /// <param name="features"><c>[B, D]</c>.</param>
    /// <param name="labels"><c>[B]</c> int64.</param>
    /// <param name="factor">The schedule's factor of the rates at this step, in [0, 1].</param>
    public void Step(Tensor features, Tensor labels, double factor)
    {
        using var scope = NewDisposeScope();
        var batch = features.shape[0];
        var inputs = Normalize(features, training: true);
        var gradient = Logits(inputs, _weight, _bias).softmax(-1);
        gradient.sub_(nn.functional.one_hot(labels, Classes).to_type(gradient.dtype).reshape(1, batch, 1, Classes)).div_(batch);
        var biasGradient = gradient.sum([1]);
        var weightGradient = inputs.transpose(1, 2).bmm(gradient.reshape(inputs.shape[0], batch, -1)).reshape(_weight.shape);
        if (_options.WeightDecay > 0)
        {
            weightGradient.add_(_weight, alpha: _options.WeightDecay);
            biasGradient.add_(_bias, alpha: _options.WeightDecay);
        }

        if (_options.Lars)
        {
            weightGradient.mul_(Trust(weightGradient));
        }

        _weightVelocity.mul_(_options.Momentum).add_(weightGradient);
        _biasVelocity.mul_(_options.Momentum).add_(biasGradient);
        var rates = _rates * factor;
        _weight.sub_(_weightVelocity * rates);
        _bias.sub_(_biasVelocity * rates);
    }

    /// <summary>The accuracy and mean cross-entropy of each classifier, in the order of <see cref="Classifiers"/>.</summary>
    public (double Accuracy, double Loss)[] Evaluate(Tensor features, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var total = features.shape[0];
        var correct = zeros([Classifiers.Count], ScalarType.Float64, features.device);
        var losses = zeros_like(correct);
        var rows = Math.Max(1, ScoresAtOnce / ((long)Classifiers.Count * Classes));
        for (long start = 0; start < total; start += rows)
        {
            using var chunk = NewDisposeScope();
            var count = Math.Min(rows, total - start);
            var target = labels.narrow(0, start, count).reshape(1, count, 1);
            var logits = Logits(Normalize(features.narrow(0, start, count), training: false), _weight, _bias);
            correct.add_(logits.argmax(-1).eq(target).sum(1, type: ScalarType.Float64).flatten());
            var index = target.unsqueeze(-1).expand(logits.shape[0], count, logits.shape[2], 1);
            losses.sub_(logits.log_softmax(-1).gather(-1, index).sum(1, type: ScalarType.Float64).flatten());
        }

        var (hits, sums) = (correct.cpu().data<double>(), losses.cpu().data<double>());
        return [.. hits.Zip(sums, (hit, sum) => (hit / total, sum / total))];
    }

    /// <summary>One classifier's logits, <c>[N, C]</c> for features <c>[N, D]</c>.</summary>
    public Tensor Scores(int classifier, Tensor features)
    {
        using var scope = NewDisposeScope();
        var (group, rate) = (classifier / _options.LearningRates.Count, classifier % _options.LearningRates.Count);
        var inputs = Normalize(features, training: false)[group];
        return inputs.matmul(_weight[group].narrow(1, rate, 1).squeeze(1)).add_(_bias[group, rate]).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { _rates, _weight, _bias, _weightVelocity, _biasVelocity, _runningMean, _runningVariance })
        {
            tensor.Dispose();
        }
    }

    private static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();

    private static Tensor Logits(Tensor inputs, Tensor weight, Tensor bias)
    {
        var (groups, rates, classes) = (weight.shape[0], weight.shape[2], weight.shape[3]);
        var logits = inputs.bmm(weight.reshape(groups, -1, rates * classes));
        return logits.reshape(groups, -1, rates, classes).add_(bias.unsqueeze(1));
    }

    /// <summary>The features once per kind of normalisation, <c>[G, B, D]</c>; in training the running statistics move.</summary>
    private Tensor Normalize(Tensor features, bool training)
    {
        if (!_batchNorm.Contains(true))
        {
            return features.unsqueeze(0);
        }

        var (mean, variance) = (_runningMean, _runningVariance);
        if (training)
        {
            var batch = features.shape[0];
            mean = features.mean([0]);
            variance = features.var(0, unbiased: false);
            _runningMean.lerp_(mean, BatchNormMomentum);
            _runningVariance.lerp_(variance * (batch / Math.Max(1.0, batch - 1)), BatchNormMomentum);
        }

        var normalized = (features - mean) * (variance + BatchNormEpsilon).rsqrt();
        return _batchNorm.Contains(false) ? stack([features, normalized]) : normalized.unsqueeze(0);
    }

    private Tensor Trust(Tensor gradient)
    {
        var weightNorm = _weight.pow(2).sum([1, 3], keepdim: true).sqrt();
        var gradientNorm = gradient.pow(2).sum([1, 3], keepdim: true).sqrt();
        var usable = weightNorm.gt(0).logical_and(gradientNorm.gt(0));
        return where(usable, weightNorm * LarsTrust / gradientNorm, ones_like(weightNorm));
    }
}
